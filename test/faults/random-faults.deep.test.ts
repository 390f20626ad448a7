import { randomInt } from 'node:crypto';
import * as realFs from 'node:fs/promises';
import { expect, jest, test } from '@jest/globals';
import { FileFaults } from './file-faults.ts';

const files = new FileFaults();
jest.unstable_mockModule('node:fs/promises', () => files.module(realFs));
const { underFaults } = await import('./random-faults.ts');

/** A seed that found something goes into `FAULT_SEED`. */
const seed = Number(process.env.FAULT_SEED ?? randomInt(2 ** 31));

test(
  `2,000 operations with one fault in five calls, seed ${seed}`,
  async () => {
    const { told, injected, violations } = await underFaults(files, 2_000, 0.2, seed);
    const { operations, retryable } = told;
    process.stdout.write(`seed ${seed}: ${JSON.stringify({ operations, retryable, injected })}\n`);
    expect(told.untyped).toEqual([]);
    expect(violations).toEqual([]);
  },
  40 * 60_000,
);

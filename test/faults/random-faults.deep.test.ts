import { randomInt } from 'node:crypto';
import * as realFs from 'node:fs/promises';
import { expect, jest, test } from '@jest/globals';
import { FileFaults } from './file-faults.ts';

const files = new FileFaults();
jest.unstable_mockModule('node:fs/promises', () => files.module(realFs));
const { underFaults } = await import('./random-faults.ts');

/** A seed that found something goes into `FAULT_SEED`. */
const seed = Number(process.env.FAULT_SEED ?? randomInt(2 ** 31));

const OPERATIONS = 2_000;
const KINDS = [
  ...['EACCES', 'EBUSY', 'EIO', 'ENOSPC', 'ENOTEMPTY', 'ESTALE'],
  ...['conflict', 'cut', 'internal', 'late', 'lost', 'slow', 'throttled', 'throughput', 'time-out'],
  ...['error', 'forget', 'hang up'],
  ...['gone', 'in two places', 'missing', 'page', 'past', 'twice'],
];

test(
  `2,000 operations with one fault in five calls, seed ${seed}`,
  async () => {
    const { told, injected, violations } = await underFaults(files, OPERATIONS, 0.2, seed);
    const { operations, retryable, swept } = told;
    process.stdout.write(`seed ${seed}: ${JSON.stringify({ operations, retryable, swept: swept.length, injected })}\n`);
    // Without them all is well, whatever the code does.
    expect(Object.keys(injected).sort()).toEqual([...KINDS].sort());
    expect(Object.values(operations).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(OPERATIONS);
    expect(Object.keys(operations)).toHaveLength(24);
    expect(swept.length).toBeGreaterThan(0);
    expect(swept).toEqual([...new Set(swept)]);
    expect(told.misled).toEqual([]);
    expect(told.untyped).toEqual([]);
    expect(violations).toEqual([]);
  },
  40 * 60_000,
);

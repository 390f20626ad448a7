import * as realFs from 'node:fs/promises';
import { expect, jest, test } from '@jest/globals';
import { FileFaults } from './file-faults.ts';

const files = new FileFaults();
jest.unstable_mockModule('node:fs/promises', () => files.module(realFs));
const { underFaults } = await import('./random-faults.ts');

test('200 operations with one fault in five calls end well or with an error to repeat after, and break no invariant', async () => {
  const { told, injected, violations } = await underFaults(files, 200, 0.2, 8);
  expect(told.untyped).toEqual([]);
  expect(violations).toEqual([]);
  expect(told.ended.size).toBeGreaterThan(0);
  for (const fault of ['conflict', 'throttled', 'internal', 'time-out', 'lost', 'EIO', 'ENOSPC', 'EACCES', 'ESTALE']) {
    expect(Object.keys(injected)).toContain(fault);
  }
}, 240_000);

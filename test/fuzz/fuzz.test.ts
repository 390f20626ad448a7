import { expect, test } from '@jest/globals';
import { fuzzDoors } from './fuzz.ts';

/** Always the same requests; `npm run test:deep` sends others, and more. */
test('no request, however it is made, gets an answer that tells of us, fails, or is refused and has written', async () => {
  const report = await fuzzDoors(1_500, 20_261_123);
  expect(report.violations).toEqual([]);
  expect(report.requests).toBe(1_500);
  expect(report.wentWell).toBeGreaterThan(100);
  expect(report.foreign).toBeGreaterThan(50);
  for (const code of [
    'VALIDATION',
    'SESSION_NOT_FOUND',
    'FORBIDDEN',
    'UNAUTHORIZED',
    'MCP_CLIENT_NOT_FOUND',
    'NOT_A_FILE',
  ]) {
    expect(Object.keys(report.refused)).toContain(code);
  }
}, 120_000);

test('nor does one whose caller comes with a token', async () => {
  const report = await fuzzDoors(300, 20_261_124, 'jwt');
  expect(report.violations).toEqual([]);
  expect(report.wentWell).toBeGreaterThan(20);
  expect(report.foreign).toBeGreaterThan(5);
  expect(Object.keys(report.refused)).toEqual(expect.arrayContaining(['FORBIDDEN', 'UNAUTHORIZED', 'VALIDATION']));
}, 120_000);

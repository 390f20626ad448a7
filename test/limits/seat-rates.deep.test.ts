import { expect, jest, test } from '@jest/globals';
import { acceptedCreates } from './seat-rates.ts';

jest.setTimeout(1_200_000);

test('16 items accept at least 8 times as many creates as one, where a key takes 1,000 write units a second', async () => {
  const one = await acceptedCreates(1, 600);
  const sixteen = await acceptedCreates(16, 1_200);
  process.stdout.write(`creates a second: ${JSON.stringify([one, sixteen])}\n`);
  expect(one.acceptedPerSecond).toBeLessThan(1_000);
  expect(one.throttled).toBeGreaterThan(100);
  expect(sixteen.acceptedPerSecond).toBeGreaterThanOrEqual(8 * one.acceptedPerSecond);
});

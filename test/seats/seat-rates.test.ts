import { expect, jest, test } from '@jest/globals';
import { acceptedCreates, refusedCreates } from './seat-rates.ts';

jest.setTimeout(240_000);

test('16 items accept at least 8 times as many creates as one, where a key takes 1,000 write units a second', async () => {
  const one = await acceptedCreates(1, 600);
  const sixteen = await acceptedCreates(16, 1_200);
  process.stdout.write(`creates a second: ${JSON.stringify([one, sixteen])}\n`);
  expect(one.acceptedPerSecond).toBeLessThan(1_000);
  expect(one.throttled).toBeGreaterThan(100);
  expect(sixteen.acceptedPerSecond).toBeGreaterThanOrEqual(8 * one.acceptedPerSecond);
});

test('a rush over 16 items fills the limit exactly, and refusals after that cost next to no writes', async () => {
  const { created, active, refused, unitsPerRefusal } = await refusedCreates(16, 20, 400);
  process.stdout.write(`write units a refusal: ${unitsPerRefusal}\n`);
  expect({ created, active, refused }).toEqual({ created: 20, active: 20, refused: 400 });
  expect(unitsPerRefusal).toBeLessThan(0.1);
});

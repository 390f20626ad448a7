import { expect, jest, test } from '@jest/globals';
import { refusedCreates } from './seat-rates.ts';

jest.setTimeout(240_000);

test('a rush over 16 items fills the limit exactly, and refusals after that cost next to no writes', async () => {
  const { created, active, refused, unitsPerRefusal } = await refusedCreates(16, 20, 400);
  process.stdout.write(`write units a refusal: ${unitsPerRefusal}\n`);
  expect({ created, active, refused }).toEqual({ created: 20, active: 20, refused: 400 });
  expect(unitsPerRefusal).toBeLessThan(0.1);
});

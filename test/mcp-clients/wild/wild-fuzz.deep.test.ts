import { expect, test } from '@jest/globals';
import { newStack } from '../../setup/test-stack.ts';
import { fuzzAnswers } from './wild-fuzz.ts';

const SEEDS = [1, 2, 3, 4, 5];
const ANSWERS = 2_000;

test.each(SEEDS)(
  'of 2,000 answers of a server, made up from seed %d, each ends in a result or a typed error, in time',
  async (seed) => {
    const stack = await newStack();
    try {
      const { wrong, answered } = await fuzzAnswers(stack, seed, ANSWERS);
      expect(wrong).toEqual([]);
      expect(answered).toBeGreaterThanOrEqual(ANSWERS);
    } finally {
      await stack.close();
    }
  },
  900_000,
);

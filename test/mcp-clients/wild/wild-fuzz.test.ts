import { expect, test } from '@jest/globals';
import { newStack } from '../../setup/test-stack.ts';
import { fuzzAnswers } from './wild-fuzz.ts';

/** 10,000 are in the deep test. */
const ANSWERS = 200;

test('whatever an MCP server answers ends in a result or a typed error, in time', async () => {
  const stack = await newStack();
  try {
    const { wrong, told } = await fuzzAnswers(stack, 20, ANSWERS);
    expect(wrong).toEqual([]);
    expect(told).toMatchObject({ ok: expect.any(Number), MCP_CONNECTION: expect.any(Number) });
  } finally {
    await stack.close();
  }
});

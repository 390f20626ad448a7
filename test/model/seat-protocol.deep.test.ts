import { expect, jest, test } from '@jest/globals';
import { LOST_ANSWERS, TWO_CHANGERS, exploreSeats } from './seat-protocol.ts';

jest.setTimeout(1_200_000);

test.each([
  ['two changers and an answer that is lost', { ...TWO_CHANGERS, losses: 1 }],
  ['three items', { ...LOST_ANSWERS, items: 3 }],
  ['three creators and limits up to 3', { ...LOST_ANSWERS, creators: 3, limit: 3 }],
  ['three creators and two answers that are lost', { ...LOST_ANSWERS, creators: 3, losses: 2, limit: 1 }],
])('the protocol of seats has no violation with %s', (what, size) => {
  const { found, states, steps } = exploreSeats(size);
  process.stdout.write(`${what}: ${states} states, ${steps} steps\n`);
  expect(found).toBeUndefined();
  expect(states).toBeGreaterThan(100_000);
});

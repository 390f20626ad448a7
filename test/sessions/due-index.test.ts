import { describe, expect, test } from '@jest/globals';
import { DUE_NOW, DUE_SHARDS, dueKey, dueShardOf, dueUntil, earliestActivity } from '../../lib/sessions/due-index.ts';

const AT = 1_700_000_000_000;

describe('the index of what is due', () => {
  test.each([
    ['the step itself', 64_000, 32_000, '000000000096000#32000'],
    ['the next step, where it is between two', 64_001, 32_000, '000000000097000#32000'],
    ['a step of whole milliseconds', 0, 33, '000000000000034#33'],
    ['a time of today', AT, 3_600_000, '001700003700000#3600000'],
  ])('has a session at %s', (_what, lastActiveMs, idleMs, key) => {
    expect(dueKey(lastActiveMs, idleMs)).toBe(key);
  });

  test('has no session before it is due, and none later than a 32nd of its idle time', () => {
    for (const idleMs of [1, 31, 32, 33, 60_000, 3_660_001]) {
      for (let ms = 0; ms < 200; ms++) {
        const due = AT + ms + idleMs;
        expect(dueKey(AT + ms, idleMs) >= dueUntil(due)).toBe(true);
        expect(dueKey(AT + ms, idleMs) <= `${dueUntil(due + Math.ceil(idleMs / 32))}#`).toBe(true);
      }
    }
  });

  test('tells from the key alone when the session was active at the earliest', () => {
    expect(earliestActivity('000000000096000#32000')).toBe(63_000);
    expect(earliestActivity('000000000000034#33')).toBe(-1);
    expect(earliestActivity(DUE_NOW)).toBe(0);
    for (let ms = 0; ms < 200; ms++) expect(earliestActivity(dueKey(AT + ms, 3_333))).toBeLessThanOrEqual(AT + ms);
  });

  test('has a part for each last digit, and what is ending before all times', () => {
    const shards = [...'0123456789abcdef'].map((digit) => dueShardOf(`0199-aaaa${digit}`));
    expect(shards).toEqual([...DUE_SHARDS, ...DUE_SHARDS]);
    expect(DUE_NOW < dueKey(0, 1)).toBe(true);
  });
});

import { describe, expect, test } from '@jest/globals';
import { RULES, protocolWithout, type Rule } from './seat-rules.ts';
import { LOST_ANSWERS, TWO_CHANGERS, exploreSeats } from './seat-protocol.ts';

test.each([
  ['lost answers', LOST_ANSWERS],
  ['two changers at once', TWO_CHANGERS],
])('the protocol of seats has no violation with %s', (_what, size) => {
  const { found, states } = exploreSeats(size);
  expect(found).toBeUndefined();
  expect(states).toBeGreaterThan(10_000);
});

describe('every rule of the protocol is needed: without it the explorer finds', () => {
  const OVER = 'a create went over the limit';
  const REFUSED = 'a create was refused, and a seat was free all the time';
  const COUNT = 'the seats in use are not the sessions there are';
  const SUM = 'the shares are not the limit that was set';
  const DEBT = 'a debt with more than one item';
  const PHANTOM = 'an item is there that does not count';
  const NO_SHARE = 'an item has no share';
  /** What is wrong first, by the shortest way. */
  const violations: Record<Rule, string> = {
    'create: the session does not exist': COUNT,
    'create: the item has a free seat': OVER,
    'create: the item exists': PHANTOM,
    'end: the session exists': COUNT,
    'end: the item exists': PHANTOM,
    'set: the layout is the one seen': SUM,
    'remove: the layout is the one seen': NO_SHARE,
    'raise: the layout is the one seen': SUM,
    'lower: the layout is the one seen': SUM,
    'lower: every item keeps its seats in use': DEBT,
    'merge: the layout is the one seen': SUM,
    'merge: as many seats are in use on the last item as were read': COUNT,
    'add: the layout is the one seen': NO_SHARE,
    'add: item 0 keeps its seats in use': DEBT,
    'move: the layout is the one seen': DEBT,
    'move: the item keeps its seats in use': DEBT,
    'a refusal follows from a snapshot of all items': REFUSED,
    'a snapshot is of one instant': REFUSED,
    'a snapshot has as many items as it says there are': REFUSED,
    'a change is planned from item 0 as it was before the other items were read': SUM,
    'a debt is made with one item only': DEBT,
    'a create that finds its own session has succeeded': 'a create was told something else than that it succeeded',
    'set increases the layout': DEBT,
    'remove increases the layout': NO_SHARE,
    'raise increases the layout': SUM,
    'lower increases the layout': DEBT,
    'merge increases the layout': PHANTOM,
    'add increases the layout': NO_SHARE,
    'move increases the layout': SUM,
  };
  const lostAnswersOnly: Rule[] = [
    'create: the session does not exist',
    'a create that finds its own session has succeeded',
  ];

  test.each(RULES)('%s', (rule) => {
    const { found } = exploreSeats(lostAnswersOnly.includes(rule) ? LOST_ANSWERS : TWO_CHANGERS, protocolWithout(rule));
    expect(found?.violation).toBe(violations[rule]);
    expect(found?.trace.length).toBeGreaterThan(0);
  });
});

test('a counterexample reads as what happened', () => {
  const { found } = exploreSeats(TWO_CHANGERS, protocolWithout('a snapshot has as many items as it says there are'));
  expect(found?.trace.at(-1)).toMatch(/^\d looks at 1: refused$/);
  expect(found?.trace.some((step) => step.startsWith('add '))).toBe(true);
});

/** What a transaction stands under, and what it does to the layout. Each can be left out of the protocol. */
export const CONDITIONS = [
  'create: the session does not exist',
  'create: the item has a free seat',
  'create: the item exists',
  'end: the session exists',
  'end: the item exists',
  'set: the layout is the one seen',
  'remove: the layout is the one seen',
  'raise: the layout is the one seen',
  'lower: the layout is the one seen',
  'lower: every item keeps its seats in use',
  'merge: the layout is the one seen',
  'merge: as many seats are in use on the last item as were read',
  'add: the layout is the one seen',
  'add: item 0 keeps its seats in use',
  'move: the layout is the one seen',
  'move: the item keeps its seats in use',
] as const;

/** What callers and changers do beside the conditions of their transactions. */
export const HABITS = [
  'a refusal follows from a snapshot of all items',
  'a snapshot is of one instant',
  'a snapshot has as many items as it says there are',
  'a change is planned from item 0 as it was before the other items were read',
  'a debt is made with one item only',
  'a create that finds its own session has succeeded',
  'set increases the layout',
  'remove increases the layout',
  'raise increases the layout',
  'lower increases the layout',
  'merge increases the layout',
  'add increases the layout',
  'move increases the layout',
] as const;

export type Rule = (typeof CONDITIONS)[number] | (typeof HABITS)[number];

export const RULES: readonly Rule[] = [...CONDITIONS, ...HABITS];

/** The rules that hold; the real protocol has all of them. */
export type Protocol = ReadonlySet<Rule>;

export const wholeProtocol: Protocol = new Set(RULES);
export const protocolWithout = (rule: Rule): Protocol => new Set(RULES.filter((other) => other !== rule));

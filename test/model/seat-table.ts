import type { Protocol, Rule } from './seat-rules.ts';

/** `seats` is absent where no limit was set: then the default holds, on item 0. */
export interface SeatItem {
  readonly active: number;
  readonly seats: number | undefined;
}

/** What the table holds of one scope, and beside it the limit that was set last, to judge by. */
export interface SeatTable {
  readonly items: readonly (SeatItem | undefined)[];
  /** The `items` attribute of item 0. */
  readonly count: number;
  readonly sessions: readonly boolean[];
  readonly limit: number;
}

/** The limit without one of its own. */
export const DEFAULT_LIMIT = 1;

/** A change of limit or items. Its layout is the one seen until another change is committed. */
export type Change = { readonly stale: boolean } & (
  | { readonly kind: 'set'; readonly seats: number; readonly limit: number }
  | { readonly kind: 'remove' }
  | { readonly kind: 'raise'; readonly by: number; readonly limit: number }
  | { readonly kind: 'lower'; readonly shares: readonly (number | undefined)[]; readonly limit: number }
  | { readonly kind: 'merge'; readonly last: number; readonly active: number; readonly seats: number }
  | { readonly kind: 'add'; readonly item: number; readonly share: number; readonly seats: number }
  | { readonly kind: 'move'; readonly from: number; readonly to: number; readonly by: number; readonly seats: number }
);

/** `id` is that of the session, `item` the seat item that was picked. */
export type CreateOrEnd = { readonly kind: 'create' | 'end'; readonly id: number; readonly item: number };

export type Transaction = CreateOrEnd | Change;

export const seatsOf = (item: SeatItem): number => item.seats ?? DEFAULT_LIMIT;
export const isFull = ({ active, seats }: SeatItem): boolean => active >= (seats ?? DEFAULT_LIMIT);

const NOTHING: SeatItem = { active: 0, seats: undefined };

/** The conditions of a transaction that fail on the table. */
export function failing(table: SeatTable, transaction: Transaction, protocol: Protocol): Rule[] {
  return conditionsOf(table, transaction)
    .filter(([rule, holds]) => !holds && protocol.has(rule))
    .map(([rule]) => rule);
}

/** A comparison with an attribute that is not there fails, as it does in DynamoDB. */
function conditionsOf({ items, sessions }: SeatTable, transaction: Transaction): [Rule, boolean][] {
  const activeAtMost = (item: number, most: number) => (items[item]?.active ?? Infinity) <= most;
  switch (transaction.kind) {
    case 'create': {
      const item = items[transaction.item];
      return [
        ['create: the session does not exist', !sessions[transaction.id]],
        ['create: the item has a free seat', item === undefined || !isFull(item)],
        ['create: the item exists', transaction.item === 0 || item !== undefined],
      ];
    }
    case 'end':
      return [
        ['end: the session exists', sessions[transaction.id] === true],
        ['end: the item exists', items[transaction.item] !== undefined],
      ];
    case 'lower':
      return [
        ['lower: the layout is the one seen', !transaction.stale],
        [
          'lower: every item keeps its seats in use',
          transaction.shares.every((share, item) => share === undefined || activeAtMost(item, share)),
        ],
      ];
    case 'merge':
      return [
        ['merge: the layout is the one seen', !transaction.stale],
        [
          'merge: as many seats are in use on the last item as were read',
          items[transaction.last]?.active === transaction.active,
        ],
      ];
    case 'add':
      return [
        ['add: the layout is the one seen', !transaction.stale],
        ['add: item 0 keeps its seats in use', activeAtMost(0, transaction.seats - transaction.share)],
      ];
    case 'move':
      return [
        ['move: the layout is the one seen', !transaction.stale],
        ['move: the item keeps its seats in use', activeAtMost(transaction.from, transaction.seats - transaction.by)],
      ];
    case 'set':
    case 'remove':
    case 'raise':
      return [[`${transaction.kind}: the layout is the one seen`, !transaction.stale]];
  }
}

/** The table after a transaction. What is added to an item that is not there makes one, as it does in DynamoDB. */
export function applied(table: SeatTable, transaction: Transaction): SeatTable {
  const items = table.items.slice();
  const add = (item: number, active: number, seats = 0) => {
    const before = items[item] ?? NOTHING;
    const share = before.seats === undefined && seats === 0 ? undefined : (before.seats ?? 0) + seats;
    items[item] = { active: before.active + active, seats: share };
  };
  const setSeats = (item: number, seats: number | undefined) => {
    items[item] = { active: items[item]?.active ?? 0, seats };
  };
  switch (transaction.kind) {
    case 'create':
    case 'end': {
      const begins = transaction.kind === 'create';
      add(transaction.item, begins ? 1 : -1);
      return { ...table, items, sessions: table.sessions.with(transaction.id, begins) };
    }
    case 'set':
      setSeats(0, transaction.seats);
      return { ...table, items, limit: transaction.limit };
    case 'remove':
      setSeats(0, undefined);
      return { ...table, items, limit: DEFAULT_LIMIT };
    case 'raise':
      add(0, 0, transaction.by);
      return { ...table, items, limit: transaction.limit };
    case 'lower':
      transaction.shares.forEach((share, item) => share !== undefined && setSeats(item, share));
      return { ...table, items, limit: transaction.limit };
    case 'merge':
      items[transaction.last] = undefined;
      add(0, transaction.active, transaction.seats);
      return { ...table, items, count: transaction.last };
    case 'add':
      items[transaction.item] = { active: 0, seats: transaction.share };
      add(0, 0, -transaction.share);
      return { ...table, items, count: transaction.item + 1 };
    case 'move':
      add(transaction.from, 0, -transaction.by);
      add(transaction.to, 0, transaction.by);
      return { ...table, items };
  }
}

import { seatsKey } from '../table/keys.ts';
import type { UpdateWrite, Write } from '../table/write.ts';
import type { ScopeOwner } from '../identity.ts';

/** Every write of seats and its condition. seat-protocol.md argues why these conditions are enough. */
const SEAT_IS_FREE = 'active < seats';
const HAS_NO_LIMIT_OF_ITS_OWN = 'attribute_not_exists(seats)';
const SEAT_IS_FREE_BY_PRESET = `${HAS_NO_LIMIT_OF_ITS_OWN} AND (attribute_not_exists(active) OR active < :preset)`;
const IS_THERE = 'attribute_exists(pk)';
const IS_THE_ONLY_ITEM = '(attribute_not_exists(#items) OR #items = :one)';
const HAS_LIMIT_OF_ITS_OWN = 'attribute_exists(seats)';

/** `items` is a word of DynamoDB's own. */
const ITEMS = { '#items': 'items' };
const NO_LIMIT_OF_ITS_OWN = 'REMOVE seats, #items, wantedSeats, wantedItems';

/** Without a number of items those that were wanted before. */
const wanted = (items: number | undefined): string =>
  `wantedSeats = :seats, wantedItems = ${items === undefined ? 'if_not_exists(wantedItems, :one)' : ':wanted'}`;

/** Judged in the item alone, so that a create never reads a limit. `preset`: of scopes without one of their own, 0 = none. */
export function takeSeat(of: ScopeOwner, item: number, preset: number): Write {
  const byPreset = preset === 0 ? HAS_NO_LIMIT_OF_ITS_OWN : SEAT_IS_FREE_BY_PRESET;
  return {
    Update: {
      Key: seatsKey(of, item),
      UpdateExpression: 'ADD active :one, taken :one',
      ConditionExpression: item === 0 ? `${SEAT_IS_FREE} OR (${byPreset})` : SEAT_IS_FREE,
      ExpressionAttributeValues: { ':one': 1, ...(item === 0 && preset !== 0 && { ':preset': preset }) },
    },
  };
}

/** Into any item, whichever it was taken from: what counts is the sum. */
export const giveSeatBack = (of: ScopeOwner, item: number): Write => ({
  Update: {
    Key: seatsKey(of, item),
    UpdateExpression: 'ADD active :minusOne',
    ExpressionAttributeValues: { ':minusOne': -1 },
    ...(item > 0 && { ConditionExpression: IS_THERE }),
  },
});

/** What is wanted, and at once where there is one item: lowered below what is taken, nothing is admitted until it drains. */
export const setOnlyItem = (of: ScopeOwner, seats: number, items: number | undefined): UpdateWrite => ({
  Key: seatsKey(of),
  UpdateExpression: `SET seats = :seats, active = if_not_exists(active, :zero), ${wanted(items)} ADD layout :one`,
  ConditionExpression: IS_THE_ONLY_ITEM,
  ExpressionAttributeNames: ITEMS,
  ExpressionAttributeValues: {
    ':seats': seats,
    ':zero': 0,
    ':one': 1,
    ...(items !== undefined && { ':wanted': items }),
  },
});

export const want = (of: ScopeOwner, seats: number | null, items: number | undefined): UpdateWrite => ({
  Key: seatsKey(of),
  UpdateExpression: `SET ${wanted(items)} ADD layout :one`,
  ExpressionAttributeValues: { ':seats': seats, ':one': 1, ...(items !== undefined && { ':wanted': items }) },
});

export const clearOnlyItem = (of: ScopeOwner): UpdateWrite => ({
  Key: seatsKey(of),
  UpdateExpression: `${NO_LIMIT_OF_ITS_OWN} ADD layout :one`,
  ConditionExpression: `${HAS_LIMIT_OF_ITS_OWN} AND ${IS_THE_ONLY_ITEM}`,
  ExpressionAttributeNames: ITEMS,
  ExpressionAttributeValues: { ':one': 1 },
});

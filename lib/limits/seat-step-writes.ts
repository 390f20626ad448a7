import type { SeatStep } from './seat-steps.ts';
import { seatsKey } from '../table/keys.ts';
import type { Write } from '../table/write.ts';
import type { ScopeOwner } from '../identity.ts';
import type { FirstSeatsItem } from './seat-layout.ts';

/** Of item 0. */
export const layoutIsAsSeen = ({ layout }: FirstSeatsItem): string =>
  layout === undefined ? 'attribute_not_exists(layout)' : 'layout = :layout';
export const IS_WITHIN_ITS_SHARE = 'active <= :left';
const NOBODY_TOOK_OR_GAVE = 'active = :active';
const IS_NOT_THERE = 'attribute_not_exists(pk)';

/** What becomes of an item; with `left` only if no more than that is taken. */
interface ItemChange {
  seatsBy?: number;
  activeBy?: number;
  left?: number;
}

/** A step, all of it or nothing, and only if the layout is still the one that it was made for. */
export function writesOfStep(of: ScopeOwner, seen: FirstSeatsItem, step: SeatStep): Record<string, Write> {
  const first = (change: ItemChange & { items?: number }) => changeFirst(of, seen, change);
  if ('set' in step) return { first: replaceFirst(of, seen, 'SET seats = :seats', { ':seats': step.set }) };
  if ('clear' in step) return { first: replaceFirst(of, seen, 'REMOVE seats, wantedSeats, wantedItems') };
  if ('raiseBy' in step) return { first: first({ seatsBy: step.raiseBy }) };
  if ('merge' in step) {
    const { item, active, seats } = step.merge;
    return { first: first({ seatsBy: seats, activeBy: active, items: item }), last: deleteItem(of, item, active) };
  }
  if ('spread' in step) {
    const { left, from, shares } = step.spread;
    const seatsBy = -shares.reduce((sum, share) => sum + share, 0);
    const added = shares.map((share, index) => [`item${from + index}`, addItem(of, from + index, share)] as const);
    return { first: first({ seatsBy, left, items: from + shares.length }), ...Object.fromEntries(added) };
  }
  if ('lower' in step) {
    const { item, by, left } = step.lower;
    return changeItems(of, seen, new Map([[item, { seatsBy: -by, left }]]));
  }
  const { from, to, seats, left } = step.move;
  return changeItems(
    of,
    seen,
    new Map<number, ItemChange>([
      [from, { seatsBy: -seats, left }],
      [to, { seatsBy: seats }],
    ]),
  );
}

/** Item 0 is always one of them, since it has the layout. */
function changeItems(of: ScopeOwner, seen: FirstSeatsItem, changes: Map<number, ItemChange>) {
  const others = [...changes].filter(([item]) => item > 0);
  return {
    first: changeFirst(of, seen, changes.get(0) ?? {}),
    ...Object.fromEntries(others.map(([item, change]) => [`item${item}`, changeItem(of, item, change)])),
  };
}

function changeFirst(
  of: ScopeOwner,
  seen: FirstSeatsItem,
  { seatsBy = 0, activeBy = 0, left, items }: ItemChange & { items?: number },
): Write {
  const isAsSeen = layoutIsAsSeen(seen);
  return {
    Update: {
      Key: seatsKey(of),
      UpdateExpression: `ADD layout :one, seats :seatsBy, active :activeBy${items === undefined ? '' : ' SET #items = :items'}`,
      ConditionExpression: left === undefined ? isAsSeen : `${isAsSeen} AND ${IS_WITHIN_ITS_SHARE}`,
      ...(items !== undefined && { ExpressionAttributeNames: { '#items': 'items' } }),
      ExpressionAttributeValues: {
        ':one': 1,
        ':seatsBy': seatsBy,
        ':activeBy': activeBy,
        ':layout': seen.layout,
        ':left': left,
        ':items': items,
      },
    },
  };
}

/** Counts the layout up with whatever else changes. */
export const replaceFirst = (of: ScopeOwner, seen: FirstSeatsItem, change = '', values = {}): Write => ({
  Update: {
    Key: seatsKey(of),
    UpdateExpression: `${change} ADD layout :one`,
    ConditionExpression: layoutIsAsSeen(seen),
    ExpressionAttributeValues: { ':one': 1, ':layout': seen.layout, ...values },
  },
});

const changeItem = (of: ScopeOwner, item: number, { seatsBy = 0, left }: ItemChange): Write => ({
  Update: {
    Key: seatsKey(of, item),
    UpdateExpression: 'ADD seats :seatsBy',
    ...(left !== undefined && { ConditionExpression: IS_WITHIN_ITS_SHARE }),
    ExpressionAttributeValues: { ':seatsBy': seatsBy, ':left': left },
  },
});

export const addItem = (of: ScopeOwner, item: number, seats: number): Write => ({
  Update: {
    Key: seatsKey(of, item),
    UpdateExpression: 'SET active = :zero, seats = :seats',
    ConditionExpression: IS_NOT_THERE,
    ExpressionAttributeValues: { ':zero': 0, ':seats': seats },
  },
});

const deleteItem = (of: ScopeOwner, item: number, active: number): Write => ({
  Delete: {
    Key: seatsKey(of, item),
    ConditionExpression: NOBODY_TOOK_OR_GAVE,
    ExpressionAttributeValues: { ':active': active },
  },
});

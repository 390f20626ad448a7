import type { LimitOwner } from '../limits.ts';
import { seatsKey, type Key } from './table-schema.ts';

/** Tells scopes apart. */
export const seatsIdOf = (of: LimitOwner): string => seatsKey(of).pk;

const SEATS_OF = /^SEATS#(?:GLOBAL|ORG#([^#]*)(?:#USER#([^#]*))?)(?:#ITEM#(\d+))?$/;

/** Whose seats an item counts, and which of their items it is; nothing if it counts none. */
export function seatsPlace({ pk }: Key): { of: LimitOwner; item: number } | undefined {
  const found = SEATS_OF.exec(pk);
  if (!found) return undefined;
  const [, orgId, userId, item = '0'] = found;
  const scope = userId !== undefined ? 'user' : orgId !== undefined ? 'org' : 'global';
  const of = { scope, orgId: decodeURIComponent(orgId ?? ''), userId: decodeURIComponent(userId ?? '') } as const;
  return { of, item: Number(item) };
}

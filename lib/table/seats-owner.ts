import { seatsKey, type Key } from './keys.ts';
import type { ScopeOwner } from '../identity.ts';

/** A text that identifies a scope and its owner. */
export const seatsIdOf = (of: ScopeOwner): string => seatsKey(of).pk;

/** The scope that `seatsIdOf` gave an id of. */
export function seatsOwner(id: string): ScopeOwner {
  const place = seatsPlace({ pk: id });
  if (!place) throw new Error(`${id} is no id of seats`);
  return place.of;
}

const SEATS_OF = /^SEATS#(?:GLOBAL|ORG#([^#]*)(?:#USER#([^#]*))?)(?:#ITEM#(\d+))?$/;

/** Whose seats an item counts, and which of their items it is; nothing if it counts none. */
export function seatsPlace({ pk }: Pick<Key, 'pk'>): { of: ScopeOwner; item: number } | undefined {
  const found = SEATS_OF.exec(pk);
  if (!found) return undefined;
  const [, orgId, userId, item = '0'] = found;
  const scope = userId !== undefined ? 'user' : orgId !== undefined ? 'org' : 'global';
  const of = { scope, orgId: decodeURIComponent(orgId ?? ''), userId: decodeURIComponent(userId ?? '') } as const;
  return { of, item: Number(item) };
}

import type { LimitOwner } from '../limits.ts';
import { seatsKey, type Key } from './table-schema.ts';

/** Tells scopes apart. */
export const seatsIdOf = (of: LimitOwner): string => seatsKey(of).pk;

const SEATS_OF = /^SEATS#(?:GLOBAL|ORG#([^#]*)(?:#USER#([^#]*))?)(?:#ITEM#\d+)?$/;

/** Whose seats an item counts; nothing if it counts none. */
export function seatsOwner({ pk }: Key): LimitOwner | undefined {
  const found = SEATS_OF.exec(pk);
  if (!found) return undefined;
  const [, orgId, userId] = found;
  const scope = userId !== undefined ? 'user' : orgId !== undefined ? 'org' : 'global';
  return { scope, orgId: decodeURIComponent(orgId ?? ''), userId: decodeURIComponent(userId ?? '') };
}

import { validate as isUuid } from 'uuid';
import { isSessionKey, sessionIdOf, type Key } from './keys.ts';
import type { SessionItem } from './session-item.ts';

/**
 * The session that an item is. Its id is that of its key, which is what was asked for: the item may say another one, and
 * paths and further keys are made of it. None: the key is no session's, or it has no user.
 */
export function storedSession(item: Partial<SessionItem> | undefined): SessionItem | undefined {
  const stored = item as (Key & SessionItem) | undefined;
  if (!stored || !isSessionKey(stored) || typeof stored.userId !== 'string' || stored.userId === '') return undefined;
  const id = sessionIdOf(stored);
  return isUuid(id) ? { ...stored, id } : undefined;
}

export const storedSessions = (items: readonly Partial<SessionItem>[]): SessionItem[] =>
  items.flatMap((item) => storedSession(item) ?? []);

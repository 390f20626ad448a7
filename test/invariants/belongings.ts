import { sessionIdOf, sessionIdOfUserEntry, userEntryKey } from '../../lib/table/keys.ts';
import { isSession, type StoredItem } from './stored-state.ts';
import { dueKey, dueShardOf } from '../../lib/sessions/due-index.ts';

/** They expire by themselves. */
const NOBODYS = ['WORKSPACE-USAGE', 'TOKENS'];

/** What hangs on sessions hangs on one that is there, in lists and indexes too; none is ending any more. */
export function problemsOfBelongings(items: StoredItem[], touchIntervalSeconds: number): string[] {
  const sessions = items.filter(isSession);
  const ids = new Set(sessions.map(({ id }) => id));
  const keys = new Set(items.map(({ pk, sk }) => `${pk} ${sk}`));

  const ofSessions = sessions.flatMap((session) => {
    const { id, status, lastActiveAt, inactivitySeconds, due, dueShard } = session;
    const entry = userEntryKey(session, id);
    const idleMs = (touchIntervalSeconds + inactivitySeconds) * 1000;
    const clients = items
      .filter(({ pk, sk }) => pk === session.pk && sk.startsWith('MCP#'))
      .map(({ sk }) => sk.slice('MCP#'.length));
    const named = [...(session.mcpClientIds ?? [])].map(encodeURIComponent);
    return [
      ...(status === 'active' ? [] : [`session ${id} is still ${status}`]),
      ...(keys.has(`${entry.pk} ${entry.sk}`) ? [] : [`session ${id} is not in its user's list`]),
      ...(status !== 'active' || due === dueKey(Date.parse(lastActiveAt), idleMs)
        ? []
        : [`session ${id} is due at ${due}`]),
      ...(dueShard === dueShardOf(id) ? [] : [`session ${id} is in ${dueShard}`]),
      ...(clients.sort().join() === named.sort().join()
        ? []
        : [`session ${id} names the MCP clients "${named.join()}" and has "${clients.join()}"`]),
    ];
  });
  const lonely = items.flatMap((item) => {
    const { pk, sk } = item;
    if (pk.startsWith('SESSION#') && !NOBODYS.includes(sk) && !ids.has(sessionIdOf(item)))
      return [`${pk} ${sk} is of no session`];
    if (pk.startsWith('USER#') && !ids.has(sessionIdOfUserEntry(sk))) return [`${pk} ${sk} lists no session`];
    return [];
  });
  return [...ofSessions, ...lonely];
}

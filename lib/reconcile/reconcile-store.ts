import type { ClientPlace } from '../mcp-clients/client-list-store.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import {
  isMcpClientKey,
  pathOf,
  RECONCILE_POSITIONS,
  sessionIdOf,
  sessionKey,
  sessionOfBelonging,
  userEntryKey,
  type Key,
} from '../table/keys.ts';
import type { Write } from '../table/write.ts';
import type { FirstSeatsItem } from '../limits/seat-layout.ts';
import type { SessionItem } from '../table/session-item.ts';

/** The position of a run: after this key of the table, or after this directory of a user. */
export interface ReconcilePosition {
  key?: Record<string, string>;
  directory?: string;
}

/** Each mode has a position of its own: pages that one mode has read are unread for the others. */
export type ReconcileMode = 'scheduled' | 'look' | 'repair';

export type StoredItem = Key &
  Partial<SessionItem> &
  Pick<FirstSeatsItem, 'active' | 'seats' | 'items'> & { clientId?: string };

const FIELDS = ['pk', 'sk', 'id', 'userId', 'orgId', 'status', 'active', 'seats', 'items', 'mcpClientIds', 'clientId'];
const SESSION_EXISTS = 'attribute_exists(pk)';
const SESSION_DOES_NOT_EXIST = 'attribute_not_exists(pk)';

/** The whole table, page by page; lists and items of sessions, and their corrections. */
export class ReconcileStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  async position(round: ReconcileMode): Promise<ReconcilePosition | undefined> {
    return (await this.table.get<Partial<Record<ReconcileMode, ReconcilePosition>>>(RECONCILE_POSITIONS))?.[round];
  }

  async savePosition(round: ReconcileMode, position: ReconcilePosition | undefined): Promise<void> {
    await this.table.update({
      Key: RECONCILE_POSITIONS,
      ...(position
        ? { UpdateExpression: 'SET #round = :position', ExpressionAttributeValues: { ':position': position } }
        : { UpdateExpression: 'REMOVE #round' }),
      ExpressionAttributeNames: { '#round': round },
    });
  }

  async page(key: Record<string, string> | undefined, limit?: number) {
    return this.table.scan<StoredItem>(key, FIELDS, limit);
  }

  /** Those of `sessions` that no list has; or they have ended since. */
  async unlistedCandidates(sessions: SessionItem[]): Promise<SessionItem[]> {
    const entries = await this.pathsOf(sessions.map((session) => userEntryKey(session, session.id)));
    return sessions.filter((session) => !entries.has(pathOf(userEntryKey(session, session.id))));
  }

  async isUnlisted(session: SessionItem): Promise<boolean> {
    const [stored, entry] = await this.table.snapshot([sessionKey(session.id), userEntryKey(session, session.id)]);
    return stored !== undefined && entry === undefined;
  }

  /** Those of `items` that hang on no session; or they have ended with it since. */
  async orphanCandidates(items: Key[]): Promise<Key[]> {
    const sessions = await this.pathsOf([...new Set(items.map(sessionIdHeldBy))].map(sessionKey));
    return items.filter((key) => !sessions.has(pathOf(sessionKey(sessionIdHeldBy(key)))));
  }

  async isOrphan({ pk, sk }: Key): Promise<boolean> {
    const [item, session] = await this.table.snapshot([{ pk, sk }, sessionKey(sessionIdHeldBy({ pk, sk }))]);
    return item !== undefined && session === undefined;
  }

  /** If it is still there. */
  async list(session: SessionItem): Promise<boolean> {
    return this.both(
      { ConditionCheck: { Key: sessionKey(session.id), ConditionExpression: SESSION_EXISTS } },
      { Put: { Item: userEntryKey(session, session.id) } },
    );
  }

  /** If there is still no session that it hangs on. */
  async remove({ pk, sk }: Key): Promise<boolean> {
    const session = sessionKey(sessionIdHeldBy({ pk, sk }));
    return this.both(
      { ConditionCheck: { Key: session, ConditionExpression: SESSION_DOES_NOT_EXIST } },
      { Delete: { Key: { pk, sk } } },
    );
  }

  private async both(session: Write, belonging: Write): Promise<boolean> {
    return (await this.table.transact({ session, belonging })) === undefined;
  }

  private async pathsOf(keys: Key[]): Promise<Set<string>> {
    const found = await this.table.getAll<Key>(keys);
    return new Set(found.map(pathOf));
  }
}

/** The MCP clients that items speak of, as sessions or as clients, each once. */
export function clientPlaces(items: StoredItem[]): ClientPlace[] {
  const places = items.flatMap((item) => {
    const ids = isMcpClientKey(item) && item.clientId !== undefined ? [item.clientId] : [...(item.mcpClientIds ?? [])];
    return ids.map((clientId) => ({ sessionId: sessionIdOf(item), clientId }));
  });
  return [...new Map(places.map((place) => [`${place.sessionId} ${place.clientId}`, place])).values()];
}

const sessionIdHeldBy = (belonging: Key): string => sessionOfBelonging(belonging) ?? '';

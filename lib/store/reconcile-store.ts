import type { ClientPlace } from './client-list-correction.ts';
import type { DynamoTable, Write } from './dynamo-table.ts';
import {
  isMcpClientKey,
  RECONCILE_ROUND,
  sessionIdOf,
  sessionKey,
  sessionOfBelonging,
  userEntryKey,
  type Key,
  type SessionItem,
} from './table-schema.ts';

/** Where a round is: behind this key of the table, or behind this directory of a user. */
export interface ReconcilePosition {
  key?: Record<string, string>;
  directory?: string;
}

export type StoredItem = Key & Partial<SessionItem> & { active?: number; items?: number; clientId?: string };

const FIELDS = [
  'pk',
  'sk',
  'id',
  'userId',
  'orgId',
  'workspace',
  'status',
  'active',
  'items',
  'mcpClientIds',
  'clientId',
];
const SESSION_EXISTS = 'attribute_exists(pk)';
const SESSION_DOES_NOT_EXIST = 'attribute_not_exists(pk)';

/** Everything in the table, page by page; lists and what hangs on sessions, and how they are put right. */
export class ReconcileStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  async position(): Promise<ReconcilePosition | undefined> {
    return (await this.table.get<{ position?: ReconcilePosition }>(RECONCILE_ROUND))?.position;
  }

  async savePosition(position: ReconcilePosition | undefined): Promise<void> {
    await this.table.update({
      Key: RECONCILE_ROUND,
      ...(position
        ? { UpdateExpression: 'SET #position = :position', ExpressionAttributeValues: { ':position': position } }
        : { UpdateExpression: 'REMOVE #position' }),
      ExpressionAttributeNames: { '#position': 'position' },
    });
  }

  async page(key: Record<string, string> | undefined, limit?: number) {
    return this.table.scan<StoredItem>(key, FIELDS, limit);
  }

  /** Those of `sessions` that no list has. An end removes both at once, so a session that is still there has lost its entry. */
  async unlisted(sessions: SessionItem[]): Promise<SessionItem[]> {
    const entries = await this.pathsOf(sessions.map((session) => userEntryKey(session, session.id)));
    const missing = sessions.filter((session) => !entries.has(pathOf(userEntryKey(session, session.id))));
    const still = await this.pathsOf(missing.map(({ id }) => sessionKey(id)));
    return missing.filter(({ id }) => still.has(pathOf(sessionKey(id))));
  }

  /** Those of `items` that hang on no session. Read in this order: the sessions, then whether the items are still there. */
  async lonely(items: Key[]): Promise<Key[]> {
    const ids = [...new Set(items.map((key) => sessionOfBelonging(key) ?? ''))];
    const sessions = await this.pathsOf(ids.map(sessionKey));
    const alone = items.filter((key) => !sessions.has(pathOf(sessionKey(sessionOfBelonging(key) ?? ''))));
    const still = await this.pathsOf(alone.map(({ pk, sk }) => ({ pk, sk })));
    return alone.filter((key) => still.has(pathOf(key)));
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
    const session = sessionKey(sessionOfBelonging({ pk, sk }) ?? '');
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

const pathOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;

import * as z from 'zod/mini';
import type { ScopeOwner } from '../identity.ts';
import { ValidationError } from '../errors.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { sessionIdOf, sessionIdOfUserEntry, userEntriesOf, type Key } from '../table/keys.ts';
import { DUE_SHARDS, dueUntil, earliestActivity } from './due-index.ts';
import { TABLE } from '../table/table-definition.ts';
import type { IndexPosition } from '../table/index-position.ts';

export interface Page {
  limit: number;
  cursor: string | undefined;
}

export interface SessionIdPage {
  sessionIds: string[];
  nextCursor: string | undefined;
}

interface OldestPage {
  sessionIds: string[];
  /** None: that was the last page. */
  next: Record<string, string> | undefined;
}

/** The lists of sessions: of a user, of an organisation, and of what is due. They give ids; `SessionStore` the rest. */
export class SessionListStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Strongly consistent. Newest first; without an organisation grouped by organisation. */
  async ofUser(userId: string, orgId: string | undefined, { limit, cursor }: Page): Promise<SessionIdPage> {
    const { pk, prefix } = userEntriesOf(userId, orgId);
    const entry = () => z.string().check(z.startsWith(prefix), z.refine(isSortKey));
    const [sk] = cursor === undefined ? [] : readCursor(cursor, z.tuple([entry()]));
    const page = await this.table.query<Key>(
      { ...queryByPrefix(pk, prefix), ScanIndexForward: false, Limit: limit },
      sk === undefined ? undefined : { pk, sk },
    );
    return {
      sessionIds: page.items.map((entry) => sessionIdOfUserEntry(entry.sk)),
      nextCursor: page.cursor && writeCursor([page.cursor[TABLE.sortKey]]),
    };
  }

  /** Newest first, from an index: a session created a moment ago may be missing. */
  async ofOrg(orgId: string, { limit, cursor }: Page): Promise<SessionIdPage> {
    const { partitionKey, sortKey } = TABLE.indexes.org;
    const [id] = cursor === undefined ? [] : readCursor(cursor, z.tuple([z.uuid()]));
    const start =
      id === undefined ? undefined : { pk: `SESSION#${id}`, sk: 'SESSION', [partitionKey]: orgId, [sortKey]: id };
    const page = await this.table.query<Key>({ ...queryOrg(orgId), ScanIndexForward: false, Limit: limit }, start);
    return {
      sessionIds: page.items.map(sessionIdOf),
      nextCursor: page.cursor && writeCursor([page.cursor[sortKey]]),
    };
  }

  /** All sessions of an organisation in pages, oldest first, until `signal` aborts. */
  async *allOfOrg(orgId: string, signal: AbortSignal): AsyncGenerator<string[]> {
    for await (const page of this.pagesInTime<Key>(queryOrg(orgId), signal)) yield page.map(sessionIdOf);
  }

  /** A page of the sessions of an organisation, or of a user in it, oldest first, and where the next one begins. */
  async oldest(of: ScopeOwner, limit: number, from?: Record<string, string>): Promise<OldestPage> {
    const { userId, orgId } = of;
    const { pk, prefix } = userEntriesOf(userId, orgId);
    const input = of.scope === 'user' ? queryByPrefix(pk, prefix) : queryOrg(orgId);
    const { items, cursor } = await this.table.query<Key>({ ...input, Limit: limit }, from);
    const idOf = of.scope === 'user' ? ({ sk }: Key) => sessionIdOfUserEntry(sk) : sessionIdOf;
    return { sessionIds: items.map(idOf), next: cursor };
  }

  /** How many sessions of the user there are, in all organisations. */
  async countOfUser(userId: string): Promise<number> {
    const { pk, prefix } = userEntriesOf(userId);
    let count = 0;
    let cursor: Record<string, string> | undefined;
    do {
      const page = await this.table.query({ ...queryByPrefix(pk, prefix), Select: 'COUNT' }, cursor);
      count += page.count;
      cursor = page.cursor;
    } while (cursor);
    return count;
  }

  /** What is ending, then what is due at `now`, in pages, until `signal` aborts. Reads nothing else. */
  async *due(now: Date, signal: AbortSignal): AsyncGenerator<string[]> {
    for (const shard of inRandomRotation(DUE_SHARDS)) {
      const input = queryDue(shard, dueUntil(now.getTime()));
      for await (const page of this.pagesInTime<DueEntry>(input, signal)) yield idsOf(page);
    }
  }

  /**
   * One page of all sessions, and where the next one begins (nothing: that was the last). A page costs the same however
   * many sessions there are. One that is touched meanwhile comes later in the index, and is met then.
   */
  async round(
    from: IndexPosition = { shard: 0 },
    limit: number,
  ): Promise<{ sessionIds: string[]; next?: IndexPosition }> {
    const { shard, key } = from;
    const page = await this.table.query<DueEntry>({ ...queryDue(DUE_SHARDS[shard] as string), Limit: limit }, key);
    const sessionIds = idsOf(page.items);
    if (page.cursor) return { sessionIds, next: { shard, key: page.cursor } };
    return shard + 1 < DUE_SHARDS.length ? { sessionIds, next: { shard: shard + 1 } } : { sessionIds };
  }

  /**
   * Every session that may have been idle since `cutOff`, whatever its own idle time, until `signal` aborts: reads the
   * index keys of all.
   */
  async *idleSince(cutOff: Date, signal: AbortSignal): AsyncGenerator<string[]> {
    for (const shard of inRandomRotation(DUE_SHARDS)) {
      for await (const page of this.pagesInTime<DueEntry>(queryDue(shard), signal)) {
        yield idsOf(page.filter(({ due }) => earliestActivity(due) <= cutOff.getTime()));
      }
    }
  }

  /** Asks for none once the time is up. */
  private async *pagesInTime<T>(input: PagesInput, signal: AbortSignal): AsyncGenerator<T[]> {
    if (signal.aborted) return;
    for await (const page of this.table.pages<T>(input)) {
      yield page;
      if (signal.aborted) return;
    }
  }
}

type PagesInput = Parameters<DynamoTable['pages']>[0];

interface DueEntry extends Key {
  due: string;
}

const idsOf = (entries: DueEntry[]) => entries.map(sessionIdOf);

function queryByPrefix(pk: string, prefix: string) {
  return {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
    ConsistentRead: true,
  };
}

function queryOrg(orgId: string) {
  const { name, partitionKey } = TABLE.indexes.org;
  return {
    IndexName: name,
    KeyConditionExpression: '#org = :org',
    ExpressionAttributeNames: { '#org': partitionKey },
    ExpressionAttributeValues: { ':org': orgId },
  };
}

function queryDue(shard: string, until?: string) {
  const { name, partitionKey, sortKey } = TABLE.indexes.due;
  const upTo = until === undefined ? '' : ' AND #due <= :until';
  return {
    IndexName: name,
    KeyConditionExpression: `#shard = :shard${upTo}`,
    ExpressionAttributeNames: { '#shard': partitionKey, ...(until !== undefined && { '#due': sortKey }) },
    ExpressionAttributeValues: { ':shard': shard, ...(until !== undefined && { ':until': until }) },
  };
}

/** So that sweeps which stop early do not always stop before the same shard. */
function inRandomRotation<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}

/** DynamoDB takes no longer one. */
const isSortKey = (key: string) => Buffer.byteLength(key) <= 1024;

const writeCursor = (position: unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url');

function readCursor<T>(cursor: string, schema: z.ZodMiniType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw ValidationError.at('cursor', 'is not one that this list gave out');
  }
}

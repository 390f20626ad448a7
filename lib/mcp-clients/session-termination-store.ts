import type { DynamoTable } from '../table/dynamo-table.ts';
import type { McpClientItem } from './mcp-client-store.ts';
import { farewellKey, type Key } from '../table/keys.ts';
import { FAREWELLS } from '../table/table-definition.ts';

/** A session on an MCP server that is to be ended and could not be reached, `attempts` times so far. */
export interface Farewell {
  sessionId: string;
  client: McpClientItem;
  attempts: number;
  /** ISO 8601: not tried again earlier. */
  retryAt: string;
}

/** What still stands as it was read. */
const UNCHANGED = 'attempts = :attempts';
/** Whatever becomes of it, an item is gone after this. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;

/** Farewells that did not get through, until they do or have been tried often enough. */
export class FarewellStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** After the first attempt. Kept once, however often the same change is delivered. */
  async keep(sessionId: string, client: McpClientItem, retryAt: Date): Promise<void> {
    await this.table.update({
      Key: keyOf({ sessionId, client }),
      UpdateExpression:
        'SET sessionId = :sessionId, client = :client, attempts = :one, retryAt = :retryAt, #ttl = :ttl',
      ConditionExpression: 'attribute_not_exists(pk)',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':sessionId': sessionId,
        ':client': client,
        ':one': 1,
        ':retryAt': retryAt.toISOString(),
        ':ttl': Math.floor(retryAt.getTime() / 1000) + KEPT_SECONDS,
      },
    });
  }

  /** Those whose time has come, in pages. */
  async *due(now: Date): AsyncGenerator<Farewell[]> {
    yield* this.table.pages<Farewell & Key>({
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: 'retryAt <= :now',
      ExpressionAttributeValues: { ':pk': FAREWELLS, ':now': now.toISOString() },
      ConsistentRead: true,
    });
  }

  /** Counts one more attempt, which the table's stream then brings about. False: somebody else has, or it is done. */
  async tryAgain(farewell: Farewell, retryAt: Date): Promise<boolean> {
    const { updated } = await this.table.update({
      Key: keyOf(farewell),
      UpdateExpression: 'SET attempts = :next, retryAt = :retryAt',
      ConditionExpression: UNCHANGED,
      ExpressionAttributeValues: {
        ':attempts': farewell.attempts,
        ':next': farewell.attempts + 1,
        ':retryAt': retryAt.toISOString(),
      },
    });
    return updated;
  }

  async forget(farewell: Pick<Farewell, 'sessionId' | 'client'>): Promise<void> {
    await this.table.delete(keyOf(farewell));
  }
}

const keyOf = ({ sessionId, client }: Pick<Farewell, 'sessionId' | 'client'>): Key =>
  farewellKey(sessionId, client.connection.connectionId);

import type { DynamoTable } from '../table/dynamo-table.ts';
import type { McpClientItem } from './mcp-client-store.ts';
import { terminationKey, type Key } from '../table/keys.ts';
import { TERMINATIONS } from '../table/table-definition.ts';

/** A session on an MCP server that is to be ended and could not be reached, `attempts` times so far. */
export interface PendingTermination {
  sessionId: string;
  client: McpClientItem;
  attempts: number;
  /** ISO 8601: not tried again earlier. */
  retryAt: string;
}

/** The item is as it was read. */
const UNCHANGED = 'attempts = :attempts';
/** An item expires after this, whatever its attempts bring. */
const KEPT_SECONDS = 7 * 24 * 60 * 60;

/** Pending terminations of MCP sessions, until they succeed or the attempts are used up. */
export class SessionTerminationStore {
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
  async *due(now: Date): AsyncGenerator<PendingTermination[]> {
    yield* this.table.pages<PendingTermination & Key>({
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: 'retryAt <= :now',
      ExpressionAttributeValues: { ':pk': TERMINATIONS, ':now': now.toISOString() },
      ConsistentRead: true,
    });
  }

  /** Increments the attempts; the table's stream then triggers one. False: another process has, or it is done. */
  async countAttempt(termination: PendingTermination, retryAt: Date): Promise<boolean> {
    const { updated } = await this.table.update({
      Key: keyOf(termination),
      UpdateExpression: 'SET attempts = :next, retryAt = :retryAt',
      ConditionExpression: UNCHANGED,
      ExpressionAttributeValues: {
        ':attempts': termination.attempts,
        ':next': termination.attempts + 1,
        ':retryAt': retryAt.toISOString(),
      },
    });
    return updated;
  }

  async forget(termination: Pick<PendingTermination, 'sessionId' | 'client'>): Promise<void> {
    await this.table.delete(keyOf(termination));
  }
}

const keyOf = ({ sessionId, client }: Pick<PendingTermination, 'sessionId' | 'client'>): Key =>
  terminationKey(sessionId, client.connection.connectionId);

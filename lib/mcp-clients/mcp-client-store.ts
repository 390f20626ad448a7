import {
  McpClientExistsError,
  McpClientLimitError,
  McpClientNotFoundError,
  McpConnectionError,
  SessionNotFoundError,
} from '../errors.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { mcpClientKey, mcpClientsOf } from '../table/keys.ts';
import { Contended, withRetries } from '../table/retries.ts';
import { addMcpClientId, removeMcpClientId } from './mcp-client-writes.ts';
import { sessionIsActive } from '../table/active-session.ts';
import { isActive, type SessionItem } from '../table/session-item.ts';

/**
 * Where an MCP server is: at a URL, or behind a command that is started for each use. The query of a URL is sealed in
 * `endpointQuery`; items of earlier releases have it in `endpoint`.
 */
export type McpServerAddress =
  { type: 'http' | 'sse'; endpoint: string } | { type: 'stdio'; command: string; args: string[] };

/** A client's credentials, sealed for it. `id` is new with every change and the same for no two clients. */
export interface SealedCredentials {
  id: string;
  sealed: string;
}

/** A connected MCP client: how it was configured, and what resumes its connection from any instance. Times in ms. */
export interface McpClientItem {
  clientId: string;
  name: string;
  address: McpServerAddress;
  timeoutMs: number;
  /** Absent for a client without any. */
  credentials?: SealedCredentials;
  /** The query of the endpoint, sealed. A part of the address: a change of the credentials leaves it as it is. */
  endpointQuery?: SealedCredentials;
  connection: McpConnectionState;
  connectedAt: string;
}

/**
 * What the MCP server said of itself, and what resumes it. `mcpSessionId` is absent for servers without sessions, `era` and
 * `eraFoundAt` in items of release 0.1.0, which knew one era only, and `eraFoundAt` where the answer was not clear.
 */
export interface McpConnectionState {
  /** Our own id of the connection, new with every initialization. */
  connectionId: string;
  /** `modern`: 2026-07-28 and later, where every request says all about itself. `legacy`: a session is initialized. */
  era?: 'modern' | 'legacy';
  /** ISO 8601: when the server was last asked which. */
  eraFoundAt?: string;
  /** What a modern server answers to `server/discover`, as JSON, without `capabilities` and `instructions`. */
  discover?: string;
  /** What was spoken: a server that is added as `http` may turn out to be an old one, which speaks `sse`. */
  transport: 'streamable-http' | 'sse' | 'stdio';
  mcpSessionId?: string;
  protocolVersion: string;
  serverInfo: { name: string; version: string; [more: string]: unknown };
  /** As JSON: not all that a server may say can be an attribute. */
  capabilities: string;
  /** The last request failed in a way that leaves open whether the server still knows the session. */
  isSuspect?: true;
}

/** So that a client fits into an item, and the clients of a session into an answer. */
const MAX_CONNECTION_BYTES = 32 * 1024;

/** The MCP clients of sessions. Each item stands and falls with its session and the set of ids on it. */
export class McpClientStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  async get(sessionId: string, clientId: string): Promise<McpClientItem> {
    const item = await this.table.get<McpClientItem>(mcpClientKey(sessionId, clientId));
    if (!item) throw new McpClientNotFoundError(clientId);
    return item;
  }

  async list(sessionId: string): Promise<McpClientItem[]> {
    const { pk, prefix } = mcpClientsOf(sessionId);
    const items: McpClientItem[] = [];
    const input = {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
      ConsistentRead: true,
    };
    for await (const page of this.table.pages<McpClientItem>(input)) items.push(...page);
    return items;
  }

  /** Stores the client, and its id on the session: both or neither. Throws the reason if that is refused. */
  async add(sessionId: string, item: McpClientItem, limit: number): Promise<void> {
    checkSize(item.connection);
    const refusal = await this.table.transact({
      client: {
        Put: {
          Item: { ...mcpClientKey(sessionId, item.clientId), ...item },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      session: addMcpClientId(sessionId, item.clientId, limit),
    });
    if (!refusal) return;
    const existing = refusal.item<McpClientItem>('client');
    if (existing?.connection.connectionId === item.connection.connectionId) return;
    if (refusal.failed('session') && !isActive(refusal.item<SessionItem>('session'))) {
      throw new SessionNotFoundError();
    }
    if (existing) throw new McpClientExistsError(item.clientId);
    throw new McpClientLimitError(limit);
  }

  /**
   * Removes the client and returns it as it was at that moment. Of two concurrent calls, one removes it and the other does not
   * find it.
   */
  async remove(sessionId: string, clientId: string): Promise<McpClientItem> {
    /** What an attempt whose reply was lost may have removed. */
    let perhapsRemoved: McpClientItem | undefined;
    return withRetries(async () => {
      const item = await this.table.get<McpClientItem>(mcpClientKey(sessionId, clientId));
      if (!item && perhapsRemoved) return perhapsRemoved;
      if (!item) throw new McpClientNotFoundError(clientId);
      const removing = this.table.transactOnce({
        session: removeMcpClientId(sessionId, clientId),
        client: {
          Delete: { Key: mcpClientKey(sessionId, clientId), ...hasConnection(item.connection.connectionId) },
        },
      });
      const refusal = await removing.catch((thrown: unknown) => {
        if (!(thrown instanceof Contended)) perhapsRemoved = item;
        throw thrown;
      });
      if (!refusal) return item;
      if (refusal.failed('session')) throw new SessionNotFoundError();
      throw new Contended('the client was reconnected or removed meanwhile: look again');
    });
  }

  /**
   * Stores a new connection in place of the one it replaces. False: another call replaced it, or it was removed; then
   * theirs stands.
   */
  async replaceConnection(
    sessionId: string,
    replaced: McpClientItem,
    connection: McpConnectionState,
  ): Promise<boolean> {
    checkSize(connection);
    const refusal = await this.table.transact({
      session: sessionIsActive(sessionId),
      client: {
        Update: {
          Key: mcpClientKey(sessionId, replaced.clientId),
          UpdateExpression: 'SET #connection = :new',
          ...hasConnection(replaced.connection.connectionId, connection),
        },
      },
    });
    return (
      refusal === undefined ||
      refusal.item<McpClientItem>('client')?.connection.connectionId === connection.connectionId
    );
  }

  /** Marks a connection whose session may be unknown to the server, or removes the mark. Does nothing if it was replaced. */
  async markConnection(
    sessionId: string,
    clientId: string,
    { connectionId, isSuspect }: { connectionId: string; isSuspect: boolean },
  ): Promise<void> {
    const { ExpressionAttributeValues, ...condition } = hasConnection(connectionId);
    await this.table.update({
      Key: mcpClientKey(sessionId, clientId),
      UpdateExpression: isSuspect ? 'SET #connection.isSuspect = :true' : 'REMOVE #connection.isSuspect',
      ...condition,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ...(isSuspect && { ':true': true }) },
    });
  }

  /** Notes when the era of a server was last looked at. Does nothing if the connection was replaced. */
  async noteEra(
    sessionId: string,
    clientId: string,
    { connectionId, era, eraFoundAt }: { connectionId: string; era: 'modern' | 'legacy'; eraFoundAt: string },
  ): Promise<void> {
    const { ExpressionAttributeValues, ...condition } = hasConnection(connectionId);
    await this.table.update({
      Key: mcpClientKey(sessionId, clientId),
      UpdateExpression: 'SET #connection.era = :era, #connection.eraFoundAt = :foundAt',
      ...condition,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ':era': era, ':foundAt': eraFoundAt },
    });
  }

  /** Replaces the credentials, or removes them. Of two concurrent calls the last one wins. */
  async putCredentials(sessionId: string, clientId: string, credentials: SealedCredentials | undefined): Promise<void> {
    const change =
      credentials === undefined
        ? { UpdateExpression: 'REMOVE #credentials' }
        : { UpdateExpression: 'SET #credentials = :new', ExpressionAttributeValues: { ':new': credentials } };
    const refusal = await this.table.transact({
      session: sessionIsActive(sessionId),
      client: {
        Update: {
          Key: mcpClientKey(sessionId, clientId),
          ...change,
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeNames: { '#credentials': 'credentials' },
        },
      },
    });
    if (refusal?.failed('session')) throw new SessionNotFoundError();
    if (refusal) throw new McpClientNotFoundError(clientId);
  }
}

function checkSize(connection: McpConnectionState): void {
  if (Buffer.byteLength(JSON.stringify(connection), 'utf8') > MAX_CONNECTION_BYTES) {
    throw new McpConnectionError(`says more than ${MAX_CONNECTION_BYTES} bytes of itself`);
  }
}

function hasConnection(connectionId: string, replacement?: McpConnectionState) {
  return {
    ConditionExpression: '#connection.connectionId = :connectionId',
    ExpressionAttributeNames: { '#connection': 'connection' },
    ExpressionAttributeValues: { ':connectionId': connectionId, ...(replacement && { ':new': replacement }) },
  };
}

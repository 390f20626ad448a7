import { McpClientExistsError, McpClientLimitError } from '../errors.ts';
import type { SessionItem } from '../table/session-item.ts';
import { auditMcpClient } from '../telemetry/audit/audit-details.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { mcpClientAudit } from './mcp-client-audit.ts';
import { mcpClientConfigSchema, planOf, type McpClientConfig } from './mcp-client-config.ts';
import type { McpClientItem } from './mcp-client-store.ts';
import {
  McpClient,
  McpClientHandle,
  mcpClientInfo,
  readClientId,
  type McpClientInfo,
  type McpClientUses,
  type SessionOfClients,
} from './mcp-client.ts';

export interface SessionMcpClientsUses extends McpClientUses {
  readonly audit: AuditLog;
  /** How many a session may have. */
  readonly limit: number;
}

/** The MCP clients of one session. */
export class SessionMcpClients {
  readonly #session: SessionOfClients;
  readonly #uses: SessionMcpClientsUses;

  constructor(session: SessionOfClients, uses: SessionMcpClientsUses) {
    this.#session = session;
    this.#uses = uses;
  }

  /** Connects to the MCP server, then stores the client. If it cannot be stored, the connection is ended again. */
  async add(input: McpClientConfig): Promise<McpClient> {
    return this.#session.recorded(mcpClientAudit.addMcpClient, {}, async () => {
      const session = await this.#session.open();
      const { id, name = id, ...config } = readInput(mcpClientConfigSchema(), input);
      this.#uses.audit.note({ mcpClientId: id });
      const { address, query, credentials, timeoutMs } = planOf({ id, ...config });
      this.#checkLimit(session, id);
      const owner = { sessionId: session.id, clientId: id };
      const [sealed, endpointQuery] = await Promise.all(
        [credentials, { query }].map((secrets) => this.#uses.vault.seal(secrets, owner)),
      );
      const secrets = { ...(sealed && { credentials: sealed }), ...(endpointQuery && { endpointQuery }) };
      return this.#connectAndStore(session, { clientId: id, name, address, timeoutMs, ...secrets });
    });
  }

  async get(clientId: string): Promise<McpClient> {
    return this.#session.recorded(mcpClientAudit.getMcpClient, auditMcpClient(clientId), async () => {
      const session = await this.#session.open();
      const item = await this.#session.orEnded(this.#uses.store.get(session.id, readClientId(clientId)));
      return new McpClient(this.#session, this.#uses, item);
    });
  }

  async list(): Promise<McpClientInfo[]> {
    return this.#session.recorded(mcpClientAudit.listMcpClients, {}, async () => {
      const { id, mcpClientIds = new Set() } = await this.#session.open();
      const items = await this.#uses.store.list(id);
      if (items.length < mcpClientIds.size) await this.#session.checkStillThere();
      return items.map(mcpClientInfo);
    });
  }

  /** Removes the client, then ends its session on the MCP server. */
  async remove(clientId: string): Promise<void> {
    await this.#session.recorded(mcpClientAudit.removeMcpClient, auditMcpClient(clientId), async () => {
      const session = await this.#session.open();
      const item = await this.#session.orEnded(this.#uses.store.remove(session.id, readClientId(clientId)));
      if (item.connection.mcpSessionId !== undefined) await this.#uses.connections.terminateRemoved(session, item);
    });
  }

  /** A client by its id, not looked up yet. */
  handle(clientId: string): McpClientHandle {
    return new McpClientHandle(this.#session, this.#uses, clientId);
  }

  async #connectAndStore(session: SessionItem, client: Omit<McpClientItem, 'connection' | 'connectedAt'>) {
    const { connections, store, limit, now } = this.#uses;
    const connection = await connections.connect(await connections.targetOf(session, client));
    try {
      const item: McpClientItem = { ...client, connection: connection.state, connectedAt: now().toISOString() };
      await store.add(session.id, item, limit);
      return new McpClient(this.#session, this.#uses, item);
    } catch (thrown) {
      await connections.terminate(session.id, client.clientId, connection);
      throw thrown;
    } finally {
      await connection.close();
    }
  }

  #checkLimit({ mcpClientIds = new Set() }: SessionItem, clientId: string): void {
    const { limit } = this.#uses;
    if (mcpClientIds.has(clientId)) throw new McpClientExistsError(clientId);
    if (mcpClientIds.size >= limit) throw new McpClientLimitError(limit);
  }
}

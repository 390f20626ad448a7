import { auditMcpClient } from '../telemetry/audit/audit-details.ts';
import { McpClientExistsError, McpClientLimitError } from '../errors.ts';
import {
  McpClient,
  McpClientHandle,
  terminateOnServer,
  mcpClientInfo,
  mcpTarget,
  type McpClientInfo,
  type McpClientUses,
} from '../mcp-clients/mcp-client.ts';
import { mcpClientConfigSchema, planOf, type McpClientConfig } from '../mcp-clients/mcp-client-config.ts';
import { SessionFiles, type SessionFilesUses } from '../workspaces/session-files.ts';
import { metadataSchema } from './session-options.ts';
import type { McpClientItem } from '../mcp-clients/mcp-client-store.ts';
import type { WorkspaceAccessInfo, WorkspaceAccess } from '../workspaces/access-points/workspace-access.ts';
import { readInput, readText } from '../telemetry/audit/callers-input.ts';
import { systemPromptSchema } from '../prompts/prompt-options.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { Config } from '../configuration.ts';
import type { SystemPromptStore } from '../prompts/system-prompt-store.ts';
import type { SessionAccess } from './session-access.ts';
import type { SessionStore } from './session-store.ts';

/** A session as callers see it. Times are ISO 8601 in UTC; `expiresAt` is when it ends if nothing happens. */
export interface SessionInfo {
  id: string;
  userId: string;
  orgId: string;
  /** Absolute, on every machine that mounts the workspaces. */
  workspacePath: string;
  status: 'active';
  mcpClientIds: string[];
  metadata: Record<string, string>;
  createdAt: string;
  lastActiveAt: string;
  expiresAt: string;
}

interface SessionUses extends McpClientUses, SessionFilesUses {
  readonly store: SessionStore;
  readonly prompts: SystemPromptStore;
  readonly access: WorkspaceAccess;
  readonly audit: AuditLog;
  readonly settings: Pick<Config, 'maxMcpClientsPerSession' | 'maxWorkspaceBytes'>;
}

/**
 * A session by its id, and everything that can be done with it. Each call looks the session up, checks that the caller
 * may see it (`SessionNotFoundError` otherwise), and counts as activity if the caller is its owner. What checks and records
 * is out of reach for whoever holds the handle: `SessionAccess`.
 */
export class SessionHandle {
  readonly #parts: SessionUses;
  readonly #access: SessionAccess;

  constructor(parts: SessionUses, access: SessionAccess) {
    this.#parts = parts;
    this.#access = access;
  }

  get id(): string {
    return this.#access.id;
  }

  /** Says that the session is in use. */
  async heartbeat(): Promise<void> {
    await this.#access.recorded('heartbeat', {}, async () => this.#access.open());
  }

  /** Replaces the metadata: names and values, at most 2 KB as JSON. */
  async updateMetadata(metadata: Record<string, string>): Promise<Session> {
    return this.#access.recorded('updateSession', {}, async () => {
      const { id } = await this.#access.open();
      const item = await this.#parts.store.setMetadata(id, readInput(metadataSchema(), metadata));
      return new Session(this.#parts, this.#access, item);
    });
  }

  /** Empty if the session has none. */
  async getSystemPrompt(): Promise<string> {
    return this.#access.recorded('getSystemPrompt', {}, async () => {
      const { id } = await this.#access.open();
      const systemPrompt = await this.#parts.prompts.get(id);
      if (systemPrompt === '') await this.#access.checkStillThere();
      return systemPrompt;
    });
  }

  /** At most 256 KB of UTF-8. */
  async updateSystemPrompt(systemPrompt: string): Promise<void> {
    await this.#access.recorded('updateSystemPrompt', {}, async () => {
      const { id } = await this.#access.open();
      await this.#parts.prompts.put(id, readInput(systemPromptSchema(), systemPrompt));
    });
  }

  /** Connects to the MCP server, then stores the client. If it cannot be stored, the connection is ended again. */
  async addMcpClient(input: McpClientConfig): Promise<McpClient> {
    return this.#access.recorded('addMcpClient', {}, async () => {
      const session = await this.#access.open();
      const { id, name = id, ...config } = readInput(mcpClientConfigSchema(), input);
      this.#parts.audit.note({ mcpClientId: id });
      const { address, credentials, timeoutMs } = planOf({ id, ...config });
      this.#checkRoomForMcpClient(session, id);
      const sealed = await this.#parts.mcpCredentials.seal(credentials, { sessionId: session.id, clientId: id });
      const client = { clientId: id, name, address, timeoutMs, ...(sealed && { credentials: sealed }) };
      const connection = await this.#parts.mcp.connect(await mcpTarget(this.#parts, session, client));
      try {
        const connectedAt = this.#parts.now().toISOString();
        const item: McpClientItem = { ...client, connection: connection.state, connectedAt };
        await this.#parts.mcpClients.add(session.id, item, this.#parts.settings.maxMcpClientsPerSession);
        return new McpClient(this.#access, this.#parts, item);
      } catch (thrown) {
        await terminateOnServer(this.#parts, session.id, id, connection);
        throw thrown;
      } finally {
        await connection.close();
      }
    });
  }

  async getMcpClient(clientId: string): Promise<McpClient> {
    return this.#access.recorded('getMcpClient', auditMcpClient(clientId), async () => {
      const session = await this.#access.open();
      const item = await this.#access.orEnded(
        this.#parts.mcpClients.get(session.id, readText('mcpClientId', clientId)),
      );
      return new McpClient(this.#access, this.#parts, item);
    });
  }

  async listMcpClients(): Promise<McpClientInfo[]> {
    return this.#access.recorded('listMcpClients', {}, async () => {
      const { id, mcpClientIds = new Set() } = await this.#access.open();
      const items = await this.#parts.mcpClients.list(id);
      if (items.length < mcpClientIds.size) await this.#access.checkStillThere();
      return items.map(mcpClientInfo);
    });
  }

  /** Removes the client, then ends its session on the MCP server. */
  async removeMcpClient(clientId: string): Promise<void> {
    await this.#access.recorded('removeMcpClient', auditMcpClient(clientId), async () => {
      const session = await this.#access.open();
      const item = await this.#access.orEnded(
        this.#parts.mcpClients.remove(session.id, readText('mcpClientId', clientId)),
      );
      if (item.connection.mcpSessionId === undefined) return;
      try {
        const connection = await this.#parts.mcp.resume(await mcpTarget(this.#parts, session, item), item.connection);
        await connection.terminate().finally(() => connection.close());
      } catch (thrown) {
        this.#parts.log.mcpSessionNotTerminated(session.id, clientId, thrown);
      }
    });
  }

  /** A client by its id, not looked up yet. */
  mcpClient(clientId: string): McpClientHandle {
    return new McpClientHandle(this.#access, this.#parts, clientId);
  }

  /** An access point for the workspace, by which other compute mounts it. As long as it is not revoked, the same one. */
  async grantWorkspaceAccess(): Promise<WorkspaceAccessInfo> {
    return this.#access.recorded('grantWorkspaceAccess', {}, async () => {
      const info = await this.#parts.access.grant(await this.#access.open(), this.#parts.now());
      this.#parts.audit.note({ accessPointId: info.accessPointId });
      return info;
    });
  }

  /** Removes the access point, if there is one: nobody can mount the workspace by it any more. */
  async revokeWorkspaceAccess(): Promise<void> {
    await this.#access.recorded('revokeWorkspaceAccess', {}, async () =>
      this.#parts.access.revoke(await this.#access.open()),
    );
  }

  /** What is in its workspace. */
  get files(): SessionFiles {
    return new SessionFiles(this.#access, this.#parts);
  }

  #checkRoomForMcpClient({ mcpClientIds = new Set() }: SessionItem, clientId: string): void {
    const limit = this.#parts.settings.maxMcpClientsPerSession;
    if (mcpClientIds.has(clientId)) throw new McpClientExistsError(clientId);
    if (mcpClientIds.size >= limit) throw new McpClientLimitError(limit);
  }
}

/** A session as it was when it was looked up. */
export class Session extends SessionHandle {
  /** True if a repeated idempotency key found it instead of creating another. */
  readonly replayed: boolean;
  readonly #uses: SessionUses;
  readonly #item: SessionItem;

  constructor(parts: SessionUses, access: SessionAccess, item: SessionItem, { replayed = false } = {}) {
    super(parts, access);
    this.#uses = parts;
    this.#item = item;
    this.replayed = replayed;
  }

  getWorkspacePath(): string {
    return this.#uses.workspaces.pathOf(this.#item);
  }

  getSessionInfo(): SessionInfo {
    const { id, userId, orgId, mcpClientIds = [], metadata, createdAt, lastActiveAt } = this.#item;
    return {
      id,
      userId,
      orgId,
      workspacePath: this.getWorkspacePath(),
      status: 'active',
      mcpClientIds: [...mcpClientIds].sort(),
      metadata,
      createdAt,
      lastActiveAt,
      expiresAt: new Date(this.#uses.store.expiresAt(this.#item)).toISOString(),
    };
  }
}

import { validate as isUuid } from 'uuid';
import type { AuditedOperation } from '../telemetry/audit/audit-catalogue.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import { auditMcpClient, auditSession } from '../telemetry/audit/audit-details.ts';
import { McpClientExistsError, McpClientLimitError, McpClientNotFoundError, SessionNotFoundError } from '../errors.ts';
import { keepsAlive, maySee, type Caller } from '../identity.ts';
import {
  McpClient,
  McpClientHandle,
  farewell,
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
import { parseInput } from '../schemas.ts';
import { systemPromptSchema } from '../prompts/prompt-options.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { AuditTrail } from '../telemetry/audit/audit-log.ts';
import type { Config } from '../configuration.ts';
import type { PromptStore } from '../prompts/system-prompt-store.ts';
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
  readonly prompts: PromptStore;
  readonly access: WorkspaceAccess;
  readonly trail: AuditTrail;
  readonly settings: Pick<Config, 'maxMcpClientsPerSession' | 'maxWorkspaceBytes'>;
}

/**
 * A session by its id, and everything that can be done with it. Each call looks the session up, checks that the caller
 * may see it (`SessionNotFoundError` otherwise), and counts as activity if the caller is its owner.
 */
export class SessionHandle {
  readonly id: string;
  protected readonly parts: SessionUses;
  protected readonly caller: Caller;

  constructor(parts: SessionUses, caller: Caller, id: string) {
    this.parts = parts;
    this.caller = caller;
    this.id = id;
  }

  /** Says that the session is in use. */
  async heartbeat(): Promise<void> {
    await this.recorded('heartbeat', {}, async () => this.open());
  }

  /** Replaces the metadata: names and values, at most 2 KB as JSON. */
  async updateMetadata(metadata: Record<string, string>): Promise<Session> {
    return this.recorded('updateSession', {}, async () => {
      await this.open();
      const item = await this.parts.store.setMetadata(this.id, parseInput(metadataSchema(), metadata));
      return new Session(this.parts, this.caller, item);
    });
  }

  /** Empty if the session has none. */
  async getSystemPrompt(): Promise<string> {
    return this.recorded('getSystemPrompt', {}, async () => {
      await this.open();
      const systemPrompt = await this.parts.prompts.get(this.id);
      if (systemPrompt === '') await this.checkStillThere();
      return systemPrompt;
    });
  }

  /** At most 256 KB of UTF-8. */
  async updateSystemPrompt(systemPrompt: string): Promise<void> {
    await this.recorded('updateSystemPrompt', {}, async () => {
      await this.open();
      await this.parts.prompts.put(this.id, parseInput(systemPromptSchema(), systemPrompt));
    });
  }

  /** Connects to the MCP server, then stores the client. If it cannot be stored, the connection is ended again. */
  async addMcpClient(input: McpClientConfig): Promise<McpClient> {
    return this.recorded('addMcpClient', {}, async () => {
      const session = await this.open();
      const { id, name = id, ...config } = parseInput(mcpClientConfigSchema(), input);
      this.parts.trail.note({ mcpClientId: id });
      const { address, credentials, timeoutMs } = planOf({ id, ...config });
      this.checkRoomForMcpClient(session, id);
      const sealed = await this.parts.mcpCredentials.seal(credentials, { sessionId: this.id, clientId: id });
      const client = { clientId: id, name, address, timeoutMs, ...(sealed && { credentials: sealed }) };
      const connection = await this.parts.mcp.connect(await mcpTarget(this.parts, session, client));
      try {
        const connectedAt = this.parts.now().toISOString();
        const item: McpClientItem = { ...client, connection: connection.state, connectedAt };
        await this.parts.mcpClients.add(this.id, item, this.parts.settings.maxMcpClientsPerSession);
        return new McpClient(this, this.parts, item);
      } catch (thrown) {
        await farewell(this.parts, this.id, id, connection);
        throw thrown;
      } finally {
        await connection.close();
      }
    });
  }

  async getMcpClient(clientId: string): Promise<McpClient> {
    return this.recorded('getMcpClient', auditMcpClient(clientId), async () => {
      await this.open();
      return new McpClient(this, this.parts, await this.mcpClientItem(clientId));
    });
  }

  async listMcpClients(): Promise<McpClientInfo[]> {
    return this.recorded('listMcpClients', {}, async () => {
      const { mcpClientIds = new Set() } = await this.open();
      const items = await this.parts.mcpClients.list(this.id);
      if (items.length < mcpClientIds.size) await this.checkStillThere();
      return items.map(mcpClientInfo);
    });
  }

  /** Removes the client, then ends its session on the MCP server. */
  async removeMcpClient(clientId: string): Promise<void> {
    await this.recorded('removeMcpClient', auditMcpClient(clientId), async () => {
      const session = await this.open();
      const item = await this.orEnded(this.parts.mcpClients.remove(this.id, clientId));
      if (item.connection.mcpSessionId === undefined) return;
      try {
        const connection = await this.parts.mcp.resume(await mcpTarget(this.parts, session, item), item.connection);
        await connection.terminate().finally(() => connection.close());
      } catch (thrown) {
        this.parts.log.mcpSessionNotTerminated(this.id, clientId, thrown);
      }
    });
  }

  /** A client by its id, not looked up yet. */
  mcpClient(clientId: string): McpClientHandle {
    return new McpClientHandle(this, this.parts, clientId);
  }

  /** An access point for the workspace, by which other compute mounts it. As long as it is not revoked, the same one. */
  async grantWorkspaceAccess(): Promise<WorkspaceAccessInfo> {
    return this.recorded('grantWorkspaceAccess', {}, async () => {
      const info = await this.parts.access.grant(await this.open(), this.parts.now());
      this.parts.trail.note({ accessPointId: info.accessPointId });
      return info;
    });
  }

  /** Removes the access point, if there is one: nobody can mount the workspace by it any more. */
  async revokeWorkspaceAccess(): Promise<void> {
    await this.recorded('revokeWorkspaceAccess', {}, async () => this.parts.access.revoke(await this.open()));
  }

  /** What is in its workspace. */
  get files(): SessionFiles {
    return new SessionFiles(this, this.parts);
  }

  /** Looks the session up, checks the caller, and counts as activity if it is the owner. */
  async open(): Promise<SessionItem> {
    const session = isUuid(this.id) ? await this.parts.store.get(this.id) : undefined;
    if (session?.status !== 'active' || !maySee(this.caller, session)) throw new SessionNotFoundError();
    this.parts.trail.note({ userId: session.userId, orgId: session.orgId });
    return keepsAlive(this.caller, session) ? this.parts.store.touch(session, this.parts.now()) : session;
  }

  /** Of a session that was opened. */
  async mcpClientItem(clientId: string): Promise<McpClientItem> {
    return this.orEnded(this.parts.mcpClients.get(this.id, clientId));
  }

  async recorded<T>(operation: AuditedOperation, details: AuditDetails, work: () => Promise<T>): Promise<T> {
    return this.parts.trail.record(operation, this.caller, { ...auditSession(this.id), ...details }, work);
  }

  private async orEnded<T>(step: Promise<T>): Promise<T> {
    return step.catch(async (thrown: unknown) => {
      if (thrown instanceof McpClientNotFoundError) await this.checkStillThere();
      throw thrown;
    });
  }

  /** What hangs on a session goes with it: where something is missing, the session may have ended since it was opened. */
  private async checkStillThere(): Promise<void> {
    if ((await this.parts.store.get(this.id))?.status !== 'active') throw new SessionNotFoundError();
  }

  private checkRoomForMcpClient({ mcpClientIds = new Set() }: SessionItem, clientId: string): void {
    const limit = this.parts.settings.maxMcpClientsPerSession;
    if (mcpClientIds.has(clientId)) throw new McpClientExistsError(clientId);
    if (mcpClientIds.size >= limit) throw new McpClientLimitError(limit);
  }
}

/** A session as it was when it was looked up. */
export class Session extends SessionHandle {
  /** True if a repeated idempotency key found it instead of creating another. */
  readonly replayed: boolean;
  private readonly item: SessionItem;

  constructor(parts: SessionUses, caller: Caller, item: SessionItem, { replayed = false } = {}) {
    super(parts, caller, item.id);
    this.item = item;
    this.replayed = replayed;
  }

  getWorkspacePath(): string {
    return this.parts.workspaces.pathOf(this.item);
  }

  getSessionInfo(): SessionInfo {
    const { id, userId, orgId, mcpClientIds = [], metadata, createdAt, lastActiveAt } = this.item;
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
      expiresAt: new Date(this.parts.store.expiresAt(this.item)).toISOString(),
    };
  }
}

import { inspect } from 'node:util';
import { SessionTokens, type SessionTokensUses } from '../agent-tokens/session-tokens.ts';
import type { McpClientConfig } from '../mcp-clients/mcp-client-config.ts';
import type { McpClient, McpClientHandle, McpClientInfo } from '../mcp-clients/mcp-client.ts';
import { SessionMcpClients, type SessionMcpClientsUses } from '../mcp-clients/session-mcp-clients.ts';
import { promptAudit } from '../prompts/prompt-audit.ts';
import { systemPromptSchema } from '../prompts/prompt-options.ts';
import type { SystemPromptStore } from '../prompts/system-prompt-store.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { readInput } from '../telemetry/audit/callers-input.ts';
import { accessAudit } from '../workspaces/access-points/access-audit.ts';
import type { WorkspaceAccessInfo, WorkspaceAccess } from '../workspaces/access-points/workspace-access.ts';
import { SessionFiles, type SessionFilesUses } from '../workspaces/session-files.ts';
import type { Workspace } from '../workspaces/workspace-paths.ts';
import type { SessionAccess } from './session-access.ts';
import { sessionAudit } from './session-audit.ts';
import { readMetadataChange, type MetadataOptions, type MetadataPatch } from './metadata-change.ts';
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
  /** Grows with every change of the session but a touch. */
  version: number;
  createdAt: string;
  lastActiveAt: string;
  expiresAt: string;
  /** It has expired, and ends with the next cleanup if nothing happens. */
  due?: true;
}

/** What handles of sessions are given. */
export interface SessionUses {
  readonly store: SessionStore;
  readonly prompts: SystemPromptStore;
  readonly mcpClients: SessionMcpClientsUses;
  readonly files: SessionFilesUses;
  readonly tokens: SessionTokensUses;
  readonly access: WorkspaceAccess;
  readonly workspacePathOf: (session: Workspace) => string;
  readonly audit: AuditLog;
  readonly now: () => Date;
}

/**
 * A session by its id, and everything that can be done with it. Each call looks the session up, checks that the caller
 * may see it (`SessionNotFoundError` otherwise), and counts as activity if the caller is its owner. What checks and records
 * is out of reach for whoever holds the handle: `SessionAccess`.
 */
export class SessionHandle {
  readonly #uses: SessionUses;
  readonly #access: SessionAccess;

  constructor(uses: SessionUses, access: SessionAccess) {
    this.#uses = uses;
    this.#access = access;
  }

  get id(): string {
    return this.#access.id;
  }

  toJSON(): { id: string } {
    return { id: this.id };
  }

  /** Short: metadata may be long, and anybody's. */
  [inspect.custom](): string {
    return `${this.constructor.name} { id: ${inspect(this.id)} }`;
  }

  /** Says that the session is in use. */
  async heartbeat(): Promise<void> {
    await this.#access.recorded(sessionAudit.heartbeat, {}, async () => this.#access.open('heartbeat'));
  }

  /**
   * Replaces the metadata: names and values, at most 2 KB as JSON. With `merge` it changes those names alone, and `null` removes
   * one; of merges at the same time none is lost. With `version` only if the session has this version (`SessionConflictError`).
   */
  async updateMetadata(metadata: MetadataPatch, options: MetadataOptions = {}): Promise<Session> {
    return this.#access.recorded(sessionAudit.updateSession, {}, async () => {
      const session = await this.#access.open();
      const item = await this.#uses.store.changeMetadata(session, readMetadataChange(metadata, options));
      return new Session(this.#uses, this.#access, item);
    });
  }

  /** Empty if the session has none. */
  async getSystemPrompt(): Promise<string> {
    return this.#access.recorded(promptAudit.getSystemPrompt, {}, async () => {
      const { id } = await this.#access.open('prompt:read');
      const systemPrompt = await this.#uses.prompts.get(id);
      if (systemPrompt === '') await this.#access.checkStillThere();
      return systemPrompt;
    });
  }

  /** At most 256 KB of UTF-8. */
  async updateSystemPrompt(systemPrompt: string): Promise<void> {
    await this.#access.recorded(promptAudit.updateSystemPrompt, {}, async () => {
      const { id } = await this.#access.open();
      await this.#uses.prompts.put(id, readInput(systemPromptSchema(), systemPrompt));
    });
  }

  /** Connects to the MCP server, then stores the client. If it cannot be stored, the connection is ended again. */
  async addMcpClient(config: McpClientConfig): Promise<McpClient> {
    return this.#mcpClients.add(config);
  }

  async getMcpClient(clientId: string): Promise<McpClient> {
    return this.#mcpClients.get(clientId);
  }

  async listMcpClients(): Promise<McpClientInfo[]> {
    return this.#mcpClients.list();
  }

  /** Removes the client, then ends its session on the MCP server. */
  async removeMcpClient(clientId: string): Promise<void> {
    await this.#mcpClients.remove(clientId);
  }

  /** A client by its id, not looked up yet. */
  mcpClient(clientId: string): McpClientHandle {
    return this.#mcpClients.handle(clientId);
  }

  /** An access point for the workspace, by which other compute mounts it. As long as it is not revoked, the same one. */
  async grantWorkspaceAccess(): Promise<WorkspaceAccessInfo> {
    return this.#access.recorded(accessAudit.grantWorkspaceAccess, {}, async () => {
      const info = await this.#uses.access.grant(await this.#access.open(), this.#uses.now());
      this.#uses.audit.note({ accessPointId: info.accessPointId });
      return info;
    });
  }

  /** Removes the access point, if there is one: nobody can mount the workspace by it any more. */
  async revokeWorkspaceAccess(): Promise<void> {
    await this.#access.recorded(accessAudit.revokeWorkspaceAccess, {}, async () =>
      this.#uses.access.revoke(await this.#access.open()),
    );
  }

  /** What is in its workspace. */
  get files(): SessionFiles {
    return new SessionFiles(this.#access, this.#uses.files);
  }

  /** The tokens by which its agent calls the API. */
  get tokens(): SessionTokens {
    return new SessionTokens(this.#access, this.#uses.tokens);
  }

  get #mcpClients(): SessionMcpClients {
    return new SessionMcpClients(this.#access, this.#uses.mcpClients);
  }
}

interface CreatedAs {
  replayed?: boolean;
  warnings?: readonly string[];
}

/** A session as it was when it was looked up. */
export class Session extends SessionHandle {
  /** True if a repeated idempotency key found it instead of creating another. */
  readonly replayed: boolean;
  readonly #uses: SessionUses;
  readonly #item: SessionItem;
  readonly #warnings: readonly string[];

  constructor(
    uses: SessionUses,
    access: SessionAccess,
    item: SessionItem,
    { replayed = false, warnings = [] }: CreatedAs = {},
  ) {
    super(uses, access);
    this.#uses = uses;
    this.#item = item;
    this.replayed = replayed;
    this.#warnings = [...warnings];
  }

  /** Of a session that was just created: what went wrong with its system prompt. Of any other: none. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  override toJSON(): SessionInfo {
    return this.getSessionInfo();
  }

  override [inspect.custom](): string {
    const { id, userId, orgId } = this.#item;
    return `Session ${inspect({ id, userId, orgId }, { breakLength: Infinity })}`;
  }

  getWorkspacePath(): string {
    return this.#uses.workspacePathOf(this.#item);
  }

  getSessionInfo(): SessionInfo {
    const { id, userId, orgId, mcpClientIds = [], metadata, version, createdAt, lastActiveAt } = this.#item;
    return {
      id,
      userId,
      orgId,
      workspacePath: this.getWorkspacePath(),
      status: 'active',
      mcpClientIds: [...mcpClientIds].sort(),
      metadata,
      version,
      createdAt,
      lastActiveAt,
      expiresAt: new Date(this.#uses.store.expiresAt(this.#item)).toISOString(),
      ...(this.#uses.store.isDue(this.#item, this.#uses.now()) && { due: true }),
    };
  }
}

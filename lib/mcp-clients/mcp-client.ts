import { inspect } from 'node:util';
import { auditMcpClient, auditTool } from '../telemetry/audit/audit-details.ts';
import { McpConnectionError, SessionNotFoundError, ValidationError } from '../errors.ts';
import { isJsonObject } from '../json/raw-json.ts';
import { checkCredentialsFor, mcpCredentialsSchema } from './mcp-client-config.ts';
import type { McpCallOptions, McpConnection, McpTool, McpToolResult } from './mcp-connector.ts';
import type { CredentialVault } from './credentials/credential-vault.ts';
import { splitEndpoint } from './credentials/endpoint-query.ts';
import type { McpCredentials } from './credentials/mcp-credentials.ts';
import { mcpClientAudit } from './mcp-client-audit.ts';
import type { McpClientItem, McpClientStore } from './mcp-client-store.ts';
import type { McpConnections } from './mcp-connections.ts';
import { Resumption } from './resumption.ts';
import { readFields, readInput, readJson, readText, withSignal } from '../telemetry/audit/callers-input.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';

/** An MCP client as callers see it: never a secret. */
export interface McpClientInfo {
  id: string;
  name: string;
  type: 'http' | 'sse' | 'stdio';
  /** Of the types `http` and `sse`. Without its query, which may be secret. */
  endpoint?: string;
  /** Of the type `stdio`. */
  command?: string;
  serverInfo: { name: string; version: string };
  protocolVersion: string;
  connectedAt: string;
}

export interface McpClientUses {
  readonly store: McpClientStore;
  readonly connections: McpConnections;
  readonly vault: CredentialVault;
}

/** A shorter call is as good as one before the end: it is not worth a read of the session (ms). */
const LONG_CALL_MS = 1_000;
/** The member of a result's `_meta` that has our own words. */
const WARNINGS = 'agent-session-manager/warnings';
const ENDED_DURING_CALL = 'The session ended while this call was under way.';

/** What this needs of a session: each call reads it, checks the caller, and is recorded in the audit log. */
export interface SessionOfClients {
  readonly id: string;
  open(): Promise<SessionItem>;
  orEnded<T>(step: Promise<T>): Promise<T>;
  /** Throws `SessionNotFoundError` if it has ended. */
  checkStillThere(): Promise<void>;
  recorded<T>(row: AuditRow, details: AuditDetails, work: () => Promise<T>): Promise<T>;
}

/** An MCP client of a session by its id. Each call resumes the connection that was stored, in whichever process. */
export class McpClientHandle {
  readonly #id: string;
  readonly #uses: McpClientUses;
  readonly #session: SessionOfClients;

  constructor(session: SessionOfClients, uses: McpClientUses, id: string) {
    this.#session = session;
    this.#uses = uses;
    this.#id = id;
  }

  get id(): string {
    return this.#id;
  }

  toJSON(): { id: string } {
    return { id: this.#id };
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { id: ${inspect(this.#id)} }`;
  }

  /** The tools of all pages, as the server described them. */
  async listTools(options: McpCallOptions = {}): Promise<McpTool[]> {
    return this.#session.recorded(mcpClientAudit.listMcpTools, auditMcpClient(this.#id), () =>
      withSignal(readFields(options).signal, (signal) =>
        this.#orEnded(() => this.#connected((connection) => connection.listTools({ signal }))),
      ),
    );
  }

  /** The tool's result as the server gave it; a refusal of the server is a result with `isError`. */
  async callTool(
    name: string,
    args: Record<string, unknown> = {},
    options: McpCallOptions = {},
  ): Promise<McpToolResult> {
    return this.#session.recorded(
      mcpClientAudit.callMcpTool,
      { ...auditMcpClient(this.#id), ...auditTool(name) },
      async () => {
        const call = { name: readText('tool', name), args: readJson('arguments', args) };
        return withSignal(readFields(options).signal, (signal) =>
          this.#called((connection) => connection.callTool(call.name, call.args, { signal })),
        );
      },
    );
  }

  /** Replaces `auth` and `headers`; what is left out is gone. The next call uses them, on the session that there is. */
  async updateAuth(credentials: McpCredentials): Promise<void> {
    await this.#session.recorded(mcpClientAudit.updateMcpClientAuth, auditMcpClient(this.#id), async () => {
      await this.#session.open();
      const { address } = await this.#storedItem();
      const checked = readInput(mcpCredentialsSchema(), credentials);
      checkCredentialsFor(address, checked);
      const owner = { sessionId: this.#session.id, clientId: this.#id };
      const sealed = await this.#uses.vault.seal(checked, owner);
      await this.#uses.store.putCredentials(this.#session.id, this.#id, sealed);
    });
  }

  #storedItem(): Promise<McpClientItem> {
    return this.#session.orEnded(this.#uses.store.get(this.#session.id, readClientId(this.#id)));
  }

  /** A result that took its time says so if the session ended before it came: no later call could get it. */
  async #called(use: (connection: McpConnection) => Promise<McpToolResult>): Promise<McpToolResult> {
    const startedAt = performance.now();
    const result = await this.#orEnded(() => this.#connected(use));
    if (performance.now() - startedAt < LONG_CALL_MS || !(await this.#hasEnded())) return result;
    const meta = isJsonObject(result._meta) ? result._meta : {};
    return { ...result, _meta: { ...meta, [WARNINGS]: [ENDED_DURING_CALL] } };
  }

  /** The end of a session ends its sessions on MCP servers: what a server answers to a call then is not the reason. */
  async #orEnded<T>(step: () => Promise<T>): Promise<T> {
    return step().catch(async (thrown: unknown) => {
      throw thrown instanceof McpConnectionError && (await this.#hasEnded()) ? new SessionNotFoundError() : thrown;
    });
  }

  /** As far as the table says: if it does not, the answer of the server counts. */
  async #hasEnded(): Promise<boolean> {
    return this.#session.checkStillThere().then(
      () => false,
      (thrown: unknown) => thrown instanceof SessionNotFoundError,
    );
  }

  async #connected<T>(use: (connection: McpConnection) => Promise<T>): Promise<T> {
    const session = await this.#session.open();
    const item = await this.#storedItem();
    const target = await this.#uses.connections.targetOf(session, item);
    const current = async () => {
      await this.#session.open();
      return this.#storedItem();
    };
    return new Resumption({ sessionId: session.id, item, target, current }, this.#uses).run(use);
  }
}

/** An MCP client as it was when it was looked up. */
export class McpClient extends McpClientHandle {
  readonly #item: McpClientItem;

  constructor(session: SessionOfClients, uses: McpClientUses, item: McpClientItem) {
    super(session, uses, item.clientId);
    this.#item = item;
  }

  getInfo(): McpClientInfo {
    return mcpClientInfo(this.#item);
  }

  override toJSON(): McpClientInfo {
    return this.getInfo();
  }
}

/** An id of a client that may be none. */
export function readClientId(clientId: string): string {
  const id = readText('mcpClientId', clientId);
  if (!id.isWellFormed()) throw ValidationError.at('mcpClientId', 'must be well-formed Unicode');
  return id;
}

export function mcpClientInfo({ clientId: id, name, address, connection, connectedAt }: McpClientItem): McpClientInfo {
  const { serverInfo, protocolVersion } = connection;
  const where =
    address.type === 'stdio' ? { command: address.command } : { endpoint: splitEndpoint(address.endpoint).endpoint };
  return { id, name, type: address.type, ...where, serverInfo, protocolVersion, connectedAt };
}

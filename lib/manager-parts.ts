import { v7 as uuidv7 } from 'uuid';
import type { AuditLogger } from './audit/audit-event.ts';
import { AuditTrail } from './audit/audit-trail.ts';
import type { LogLines } from './audit/log-lines.ts';
import type { Config } from './config.ts';
import { McpFarewells } from './mcp-farewells.ts';
import { CredentialVault } from './mcp/credential-vault.ts';
import type { McpConnector } from './mcp/mcp-connector.ts';
import type { SecretBox } from './secrets/secret-box.ts';
import { LayerCache } from './prompt/layer-cache.ts';
import { LayeredComposer } from './prompt/layered-composer.ts';
import type { PromptComposer } from './prompt/prompt-composer.ts';
import { SessionCreation } from './session-creation.ts';
import { SessionEnding } from './session-ending.ts';
import type { DynamoTable } from './store/dynamo-table.ts';
import { FarewellStore } from './store/farewell-store.ts';
import { McpClientStore } from './store/mcp-client-store.ts';
import { PromptLayerStore } from './store/prompt-layer-store.ts';
import { PromptStore } from './store/prompt-store.ts';
import { SessionLists } from './store/session-lists.ts';
import { SessionStore } from './store/session-store.ts';
import { Sweep } from './sweep.ts';
import type { Workspaces } from './workspace/workspaces.ts';

export type Settings = Pick<
  Config,
  'limits' | 'inactivitySeconds' | 'touchIntervalSeconds' | 'maxMcpClientsPerSession'
>;

/** What a session manager is made of. `createSessionManager` puts it together from the environment. */
export interface SessionManagerOptions {
  table: DynamoTable;
  workspaces: Workspaces;
  mcp: McpConnector;
  /** Seals the credentials of MCP clients. */
  secrets: SecretBox;
  log: LogLines;
  settings: Settings;
  promptComposer?: PromptComposer;
  auditLogger?: AuditLogger;
  now?: () => Date;
  newSessionId?: () => string;
}

/** What a manager shares with its sessions, whoever is calling. */
export class ManagerParts {
  readonly store: SessionStore;
  readonly lists: SessionLists;
  readonly prompts: PromptStore;
  readonly promptLayers: PromptLayerStore;
  readonly layerCache: LayerCache;
  readonly mcpClients: McpClientStore;
  readonly workspaces: Workspaces;
  readonly creation: SessionCreation;
  readonly ending: SessionEnding;
  readonly sweep: Sweep;
  readonly mcp: McpConnector;
  readonly mcpCredentials: CredentialVault;
  readonly farewells: McpFarewells;
  readonly trail: AuditTrail;
  readonly log: LogLines;
  readonly settings: Settings;
  readonly now: () => Date;
  readonly newSessionId: () => string;
  promptComposer: PromptComposer;

  constructor(options: SessionManagerOptions) {
    const { table, workspaces, log, settings } = options;
    this.store = new SessionStore(table, settings);
    this.lists = new SessionLists(table);
    this.prompts = new PromptStore(table);
    this.mcpClients = new McpClientStore(table);
    this.workspaces = workspaces;
    this.ending = new SessionEnding(this.store, workspaces, (name, thrown) => log.workspaceNotTidied(name, thrown));
    this.creation = new SessionCreation(this.store, workspaces, this.ending, log);
    this.now = options.now ?? (() => new Date());
    this.promptLayers = new PromptLayerStore(table);
    this.layerCache = new LayerCache(this.promptLayers, this.now);
    this.mcp = options.mcp;
    this.mcpCredentials = new CredentialVault(options.secrets);
    this.farewells = new McpFarewells(this.mcp, this.mcpCredentials, new FarewellStore(table), log, this.now);
    this.sweep = new Sweep(this.store, this.lists, workspaces, this.ending, this.farewells, log);
    this.trail = new AuditTrail(options.auditLogger ?? log.audit, (thrown) => log.auditLoggerFailed(thrown));
    this.log = log;
    this.settings = settings;
    this.newSessionId = options.newSessionId ?? (() => uuidv7());
    this.promptComposer = options.promptComposer ?? new LayeredComposer(this.layerCache);
  }
}

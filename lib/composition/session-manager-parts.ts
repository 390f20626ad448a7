import { v7 as uuidv7 } from 'uuid';
import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import type { AuditLogger } from '../telemetry/audit/audit-event.ts';
import { AuditTrail } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { Config } from '../configuration.ts';
import { McpFarewells } from '../mcp-clients/session-terminations.ts';
import { CredentialVault } from '../mcp-clients/credentials/credential-vault.ts';
import type { McpConnector } from '../mcp-clients/mcp-connector.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import { LayerCache } from '../prompts/layer-cache.ts';
import { LayeredComposer } from '../prompts/layered-composer.ts';
import type { PromptComposer } from '../prompts/prompt-composer.ts';
import { SeatGauge } from '../limits/seat-gauge.ts';
import type { Reconcile } from '../reconcile/comparison.ts';
import { SessionCreation } from '../sessions/session-creation.ts';
import { SessionEnding } from '../sessions/session-ending.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { FarewellStore } from '../mcp-clients/session-termination-store.ts';
import { McpClientStore } from '../mcp-clients/mcp-client-store.ts';
import { PromptLayerStore } from '../prompts/prompt-layer-store.ts';
import { PromptStore } from '../prompts/system-prompt-store.ts';
import { SeatStore } from '../limits/seat-store.ts';
import { SessionLists } from '../sessions/session-list-store.ts';
import { SessionStore } from '../sessions/session-store.ts';
import { UsageRoundStore } from '../workspaces/usage-scan-store.ts';
import { WorkspaceAccessStore } from '../workspaces/access-points/workspace-access-store.ts';
import { WorkspaceUsageStore } from '../workspaces/workspace-usage-store.ts';
import { Sweep } from '../sessions/sweep.ts';
import { UsageRound } from '../workspaces/usage-scan.ts';
import { WorkspaceAccess } from '../workspaces/access-points/workspace-access.ts';
import { WorkspaceMeasuring } from '../workspaces/workspace-measuring.ts';
import type { AccessPoints } from '../workspaces/access-points/access-points.ts';
import { WorkspaceDirectories } from '../workspaces/workspace-directories.ts';
import { WorkspaceFiles } from '../workspaces/workspace-files.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';

export type Settings = Pick<
  Config,
  'limits' | 'inactivitySeconds' | 'touchIntervalSeconds' | 'maxMcpClientsPerSession' | 'maxWorkspaceBytes'
>;

/** What a session manager is made of. `createSessionManager` puts it together from the environment. */
export interface SessionManagerOptions {
  table: DynamoTable;
  workspaces: Workspaces;
  mcp: McpConnector;
  /** Seals the credentials of MCP clients. */
  secrets: SecretBox;
  /** None where workspaces are on no file system that others can mount. */
  accessPoints?: AccessPoints | undefined;
  log: LogLines;
  /** Left out, none are sent. */
  metrics?: MetricLines;
  settings: Settings;
  promptComposer?: PromptComposer;
  auditLogger?: AuditLogger;
  now?: () => Date;
  newSessionId?: () => string;
}

/** What a manager shares with its sessions, whoever is calling. */
export class ManagerParts {
  readonly store: SessionStore;
  readonly seats: SeatStore;
  readonly lists: SessionLists;
  readonly prompts: PromptStore;
  readonly promptLayers: PromptLayerStore;
  readonly layerCache: LayerCache;
  readonly mcpClients: McpClientStore;
  readonly workspaces: Workspaces;
  readonly files: WorkspaceFiles;
  readonly directories: WorkspaceDirectories;
  readonly workspaceUsage: WorkspaceUsageStore;
  readonly measuring: WorkspaceMeasuring;
  readonly creation: SessionCreation;
  readonly ending: SessionEnding;
  readonly sweep: Sweep;
  /** Read when it is needed: it is a tenth of our code, and one function's. */
  readonly reconcile: () => Promise<Reconcile>;
  readonly mcp: McpConnector;
  readonly mcpCredentials: CredentialVault;
  readonly farewells: McpFarewells;
  readonly accessPoints: AccessPoints | undefined;
  readonly access: WorkspaceAccess;
  readonly trail: AuditTrail;
  readonly log: LogLines;
  readonly settings: Settings;
  readonly now: () => Date;
  readonly newSessionId: () => string;
  promptComposer: PromptComposer;

  constructor(options: SessionManagerOptions) {
    const { table, workspaces, log, metrics = new MetricLines(), settings, now, newSessionId } = options;
    this.now = now ? () => outsideAudit(now) : () => new Date();
    this.seats = new SeatStore(table, settings.limits);
    this.store = new SessionStore(table, this.seats, settings);
    this.lists = new SessionLists(table);
    this.prompts = new PromptStore(table);
    this.mcpClients = new McpClientStore(table);
    this.workspaces = workspaces;
    this.files = new WorkspaceFiles(workspaces);
    this.directories = new WorkspaceDirectories(workspaces, this.files);
    this.workspaceUsage = new WorkspaceUsageStore(table);
    this.ending = new SessionEnding(this.store, workspaces, (name, thrown) => log.workspaceNotTidied(name, thrown));
    const gauge = new SeatGauge(this.seats, metrics, this.now);
    this.creation = new SessionCreation(this.store, workspaces, this.ending, gauge, log);
    this.measuring = new WorkspaceMeasuring(this.files, this.workspaceUsage, this.now);
    this.promptLayers = new PromptLayerStore(table);
    this.layerCache = new LayerCache(this.promptLayers, this.now);
    this.mcp = options.mcp;
    this.mcpCredentials = new CredentialVault(options.secrets);
    this.trail = new AuditTrail(
      options.auditLogger ?? log.audit,
      (thrown) => {
        log.auditLoggerFailed(thrown);
        metrics.auditLoggerFailed();
      },
      (event, details, logger) => metrics.operationFinished(event, details, logger === log.audit && log.isAuditWritten),
    );
    this.farewells = new McpFarewells(this.mcp, this.mcpCredentials, new FarewellStore(table), {
      log,
      trail: this.trail,
      now: this.now,
    });
    const usageRound = new UsageRound(
      { lists: this.lists, sessions: this.store, usage: this.workspaceUsage, position: new UsageRoundStore(table) },
      this.measuring,
      log,
      this.now,
    );
    const chores = { farewells: this.farewells, seats: this.seats, usage: usageRound };
    this.sweep = new Sweep(this.store, this.lists, workspaces, this.ending, chores, { log, metrics, gauge });
    let reconcile: Reconcile | undefined;
    this.reconcile = async () => {
      const { reconcileOf } = await import('../reconcile/load-comparison.ts');
      return (reconcile ??= reconcileOf(table, this.store, workspaces, { trail: this.trail, log }));
    };
    this.accessPoints = options.accessPoints;
    this.access = new WorkspaceAccess(new WorkspaceAccessStore(table), options.accessPoints, log);
    this.log = log;
    this.settings = settings;
    this.newSessionId = newSessionId ? () => outsideAudit(newSessionId) : () => uuidv7();
    this.promptComposer = options.promptComposer ?? new LayeredComposer(this.layerCache);
  }
}

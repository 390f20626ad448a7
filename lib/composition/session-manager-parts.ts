import { v7 as uuidv7 } from 'uuid';
import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import type { AuditLogger } from '../telemetry/audit/audit-event.ts';
import { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { Config } from '../configuration.ts';
import { SessionTerminations } from '../mcp-clients/session-terminations.ts';
import { CredentialVault } from '../mcp-clients/credentials/credential-vault.ts';
import type { McpConnector } from '../mcp-clients/mcp-connector.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import { LayerCache } from '../prompts/layer-cache.ts';
import { LayeredComposer } from '../prompts/layered-composer.ts';
import type { PromptComposer } from '../prompts/prompt-composer.ts';
import { SeatMetrics } from '../limits/seat-metrics.ts';
import type { Comparison } from '../reconcile/comparison.ts';
import { SessionCreation } from '../sessions/session-creation.ts';
import { SessionEnding } from '../sessions/session-ending.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { SessionTerminationStore } from '../mcp-clients/session-termination-store.ts';
import { McpClientStore } from '../mcp-clients/mcp-client-store.ts';
import { PromptLayerStore } from '../prompts/prompt-layer-store.ts';
import { SystemPromptStore } from '../prompts/system-prompt-store.ts';
import { SeatStore } from '../limits/seat-store.ts';
import { SessionListStore } from '../sessions/session-list-store.ts';
import { SessionStore } from '../sessions/session-store.ts';
import { UsageScanStore } from '../workspaces/usage-scan-store.ts';
import { WorkspaceAccessStore } from '../workspaces/access-points/workspace-access-store.ts';
import { WorkspaceUsageStore } from '../workspaces/workspace-usage-store.ts';
import { Sweep } from '../sessions/sweep.ts';
import { UsageScan } from '../workspaces/usage-scan.ts';
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
  readonly lists: SessionListStore;
  readonly prompts: SystemPromptStore;
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
  readonly reconcile: () => Promise<Comparison>;
  readonly mcp: McpConnector;
  readonly mcpCredentials: CredentialVault;
  readonly terminations: SessionTerminations;
  readonly accessPoints: AccessPoints | undefined;
  readonly access: WorkspaceAccess;
  readonly audit: AuditLog;
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
    this.lists = new SessionListStore(table);
    this.prompts = new SystemPromptStore(table);
    this.mcpClients = new McpClientStore(table);
    this.workspaces = workspaces;
    this.files = new WorkspaceFiles(workspaces);
    this.directories = new WorkspaceDirectories(workspaces, this.files);
    this.workspaceUsage = new WorkspaceUsageStore(table);
    this.ending = new SessionEnding(this.store, workspaces, (name, thrown) => log.workspaceNotTidied(name, thrown));
    const seatMetrics = new SeatMetrics(this.seats, metrics, this.now);
    this.creation = new SessionCreation(this.store, workspaces, this.ending, seatMetrics, log);
    this.measuring = new WorkspaceMeasuring(this.files, this.workspaceUsage, this.now);
    this.promptLayers = new PromptLayerStore(table);
    this.layerCache = new LayerCache(this.promptLayers, this.now);
    this.mcp = options.mcp;
    this.mcpCredentials = new CredentialVault(options.secrets);
    this.audit = new AuditLog(
      options.auditLogger ?? log.audit,
      (thrown) => {
        log.auditLoggerFailed(thrown);
        metrics.auditLoggerFailed();
      },
      (event, details, logger) => metrics.operationFinished(event, details, logger === log.audit && log.isAuditWritten),
    );
    this.terminations = new SessionTerminations(this.mcp, this.mcpCredentials, new SessionTerminationStore(table), {
      log,
      audit: this.audit,
      now: this.now,
    });
    const usageScan = new UsageScan(
      { lists: this.lists, sessions: this.store, usage: this.workspaceUsage, position: new UsageScanStore(table) },
      this.measuring,
      log,
      this.now,
    );
    const chores = { terminations: this.terminations, seats: this.seats, usage: usageScan };
    this.sweep = new Sweep(this.store, this.lists, workspaces, this.ending, chores, { log, metrics, seatMetrics });
    let reconcile: Comparison | undefined;
    this.reconcile = async () => {
      const { newComparison } = await import('../reconcile/load-comparison.ts');
      return (reconcile ??= newComparison(table, this.store, workspaces, { audit: this.audit, log }));
    };
    this.accessPoints = options.accessPoints;
    this.access = new WorkspaceAccess(new WorkspaceAccessStore(table), options.accessPoints, log);
    this.log = log;
    this.settings = settings;
    this.newSessionId = newSessionId ? () => outsideAudit(newSessionId) : () => uuidv7();
    this.promptComposer = options.promptComposer ?? new LayeredComposer(this.layerCache);
  }
}

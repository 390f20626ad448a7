import { v7 as uuidv7 } from 'uuid';
import { AgentAuthentication } from '../agent-tokens/agent-authentication.ts';
import { AgentTokenStore } from '../agent-tokens/agent-token-store.ts';
import type { Config } from '../configuration.ts';
import { LimitSettings } from '../limits/limit-settings.ts';
import { SeatMetrics } from '../limits/seat-metrics.ts';
import { SeatStore } from '../limits/seat-store.ts';
import { CredentialVault } from '../mcp-clients/credentials/credential-vault.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import { McpClientStore } from '../mcp-clients/mcp-client-store.ts';
import { McpConnections } from '../mcp-clients/mcp-connections.ts';
import type { McpConnector } from '../mcp-clients/mcp-connector.ts';
import { SessionTerminationStore } from '../mcp-clients/session-termination-store.ts';
import { SessionTerminations } from '../mcp-clients/session-terminations.ts';
import { FirstPrompt } from '../prompts/first-prompt.ts';
import { LayerCache } from '../prompts/layer-cache.ts';
import { LayeredComposer } from '../prompts/layered-composer.ts';
import type { PromptComposer } from '../prompts/prompt-composer.ts';
import { PromptLayerStore } from '../prompts/prompt-layer-store.ts';
import { PromptLayers } from '../prompts/prompt-layers.ts';
import { SystemPromptStore } from '../prompts/system-prompt-store.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import { DueSessions } from '../sessions/due-sessions.ts';
import { SessionCounts } from '../sessions/session-counts.ts';
import { SessionCreation } from '../sessions/session-creation.ts';
import { SessionEnding } from '../sessions/session-ending.ts';
import { SessionListStore } from '../sessions/session-list-store.ts';
import type { SessionManagerUses } from '../sessions/session-manager.ts';
import { SessionStore } from '../sessions/session-store.ts';
import type { SessionUses } from '../sessions/session.ts';
import { SweepCandidates } from '../sessions/sweep/sweep-candidates.ts';
import { Sweep } from '../sessions/sweep/sweep.ts';
import { WorkspaceLeftovers } from '../sessions/sweep/workspace-leftovers.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import type { AuditLogger } from '../api/audit-catalogue.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import type { AccessPoints } from '../workspaces/access-points/access-points.ts';
import { WorkspaceAccessStore } from '../workspaces/access-points/workspace-access-store.ts';
import { WorkspaceAccess } from '../workspaces/access-points/workspace-access.ts';
import { UsageScanStore } from '../workspaces/usage-scan-store.ts';
import { UsageScan } from '../workspaces/usage-scan.ts';
import { WorkspaceMoves } from '../workspaces/moves/workspace-moves.ts';
import { WorkspaceDirectories } from '../workspaces/workspace-directories.ts';
import { WorkspaceFiles } from '../workspaces/workspace-files.ts';
import { WorkspaceMeasuring } from '../workspaces/workspace-measuring.ts';
import { WorkspaceUsageStore } from '../workspaces/workspace-usage-store.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { auditLogOf } from './materials.ts';

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

/** The parts of a session manager, and what it is given of them. No class is given all of it. */
export function sessionManagerParts(options: SessionManagerOptions) {
  const { table, workspaces, mcp, secrets, accessPoints, log, metrics = new MetricLines(), settings } = options;
  const now = options.now ? () => outsideAudit(options.now as () => Date) : () => new Date();
  const audit = auditLogOf(log, metrics, options.auditLogger);

  const seats = new SeatStore(table, settings.limits);
  const seatMetrics = new SeatMetrics(seats, metrics, now);
  const store = new SessionStore(table, seats, settings);
  const lists = new SessionListStore(table);
  const ending = new SessionEnding(store, workspaces, (name, thrown) => log.workspaceNotTidied(name, thrown));
  const dueSessions = new DueSessions(store, lists, ending, log, now);
  const creation = new SessionCreation(store, workspaces, ending, dueSessions, seatMetrics, log);

  const files = new WorkspaceFiles(workspaces);
  const directories = new WorkspaceDirectories(workspaces, files);
  const moves = new WorkspaceMoves(workspaces, files);
  const workspaceUsage = new WorkspaceUsageStore(table);
  const measuring = new WorkspaceMeasuring(files, workspaceUsage, now);
  const usageScan = new UsageScan(
    { lists, sessions: store, usage: workspaceUsage, position: new UsageScanStore(table) },
    measuring,
    log,
    now,
  );
  const quota = { limit: settings.maxWorkspaceBytes, usage: workspaceUsage, measuring, now };
  const access = new WorkspaceAccess(new WorkspaceAccessStore(table), accessPoints, log);

  const mcpClients = new McpClientStore(table);
  const mcpCredentials = new CredentialVault(secrets);
  const connections = new McpConnections(mcp, mcpCredentials, log, (session) => workspaces.pathOf(session));
  const terminations = new SessionTerminations(mcp, mcpCredentials, new SessionTerminationStore(table), {
    log,
    audit,
    now,
  });

  const tokens = new AgentTokenStore(table);
  const agents = new AgentAuthentication(tokens, now);

  const prompts = new SystemPromptStore(table);
  const promptLayers = new PromptLayerStore(table);
  const layerCache = new LayerCache(promptLayers, now);
  const firstPrompt = new FirstPrompt(new LayeredComposer(layerCache), options.promptComposer, audit, log);

  const sweep = new Sweep({
    candidates: new SweepCandidates(store, lists),
    ending,
    terminations,
    leftovers: new WorkspaceLeftovers(store, workspaces, log),
    seats,
    seatMetrics,
    usageScan,
    log,
    metrics,
  });
  const reconcile = loadedOnce(async () => {
    const { newComparison } = await import('../reconcile/load-comparison.ts');
    return newComparison(table, store, workspaces, { audit, log });
  });

  const session: SessionUses = {
    store,
    prompts,
    mcpClients: {
      store: mcpClients,
      connections,
      vault: mcpCredentials,
      limit: settings.maxMcpClientsPerSession,
      audit,
      now,
    },
    files: { files, directories, moves, quota },
    tokens: { store: tokens, audit, now },
    access,
    workspacePathOf: (of) => workspaces.pathOf(of),
    audit,
    now,
  };
  const { newSessionId } = options;
  const manager: SessionManagerUses = {
    store,
    lists,
    creation,
    ending,
    sweep,
    firstPrompt,
    audit,
    session,
    countsFor: (caller) => new SessionCounts({ lists, seats, audit }, caller),
    limitsFor: (caller) => new LimitSettings(seats, audit, caller),
    promptsFor: (caller) => new PromptLayers({ promptLayers, layerCache, audit, now }, caller),
    reconcilerFor: (caller) => new Reconciler(reconcile, audit, caller),
    defaults: settings,
    newSessionId: newSessionId ? () => outsideAudit(newSessionId) : () => uuidv7(),
    now,
  };
  return {
    manager,
    audit,
    store,
    seats,
    lists,
    ending,
    sweep,
    reconcile,
    workspaces,
    files,
    workspaceUsage,
    measuring,
    agents,
    prompts,
    promptLayers,
    mcp,
    mcpClients,
    mcpCredentials,
    terminations,
    accessPoints,
    log,
    now,
  };
}

export type SessionManagerParts = ReturnType<typeof sessionManagerParts>;

/** The code of a reconcile is a tenth of all and one function's: it is loaded with the first use. */
function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: T | undefined;
  return async () => (loaded ??= await load());
}

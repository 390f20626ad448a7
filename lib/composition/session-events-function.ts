import type { StreamServices } from '../api/door-services.ts';
import type { Config } from '../configuration.ts';
import { CredentialVault } from '../mcp-clients/credentials/credential-vault.ts';
import { SessionTerminationStore } from '../mcp-clients/session-termination-store.ts';
import { SessionTerminations } from '../mcp-clients/session-terminations.ts';
import { StreamEffects } from '../sessions/stream/stream-effects.ts';
import { eventBridgeSink } from '../telemetry/events/event-bridge-sink.ts';
import type { EventSink } from '../telemetry/events/event-sink.ts';
import { efsAccessPoints } from '../workspaces/access-points/efs-access-points.ts';
import { EVENT_BRIDGE } from './clients.ts';
import { madeAtStart } from './made-at-start.ts';
import { auditLogOf, materialsFrom } from './materials.ts';
import { mcpServices } from './mcp.ts';

type SinkOf = (config: Config, settings: typeof EVENT_BRIDGE) => EventSink | undefined;

/** Puts the function of the table's stream together from the environment: no session manager, and no I/O. */
export function createStreamServices(env: NodeJS.ProcessEnv, sinkOf: SinkOf): StreamServices {
  const { config, log, metrics, table, mcp, secrets, accessPoints } = materialsFrom(env, {
    mcp: mcpServices,
    accessPoints: efsAccessPoints,
  });
  const audit = auditLogOf(log, metrics);
  const now = () => new Date();
  const store = new SessionTerminationStore(table);
  const terminations = new SessionTerminations(mcp, new CredentialVault(secrets), store, { log, audit, now });
  return { log, effects: new StreamEffects(terminations, audit, accessPoints, sinkOf(config, EVENT_BRIDGE)) };
}

/** What acts on changes of the table: apart, so that no other function loads all of it. */
export const streamServices = (sinkOf: SinkOf = eventBridgeSink): (() => StreamServices) =>
  madeAtStart((env) => createStreamServices(env, sinkOf));

import type { AgentAuthentication } from '../agent-tokens/agent-authentication.ts';
import type { Config } from '../configuration.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import type { StreamEffects } from '../sessions/stream/stream-effects.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { AccessCheck } from '../workspaces/access-points/access-check.ts';

/** What the functions of the API work with. */
export interface Services {
  config: Config;
  log: LogLines;
  audit: AuditLog;
  /** The application's. */
  manager: SessionManager;
  /** Finds the agent that a token belongs to. */
  agents: AgentAuthentication;
  accessCheck: AccessCheck;
  describeApi?: (() => Promise<object>) | undefined;
}

/** What the function of the table's stream works with. */
export interface StreamServices {
  log: LogLines;
  effects: StreamEffects;
}

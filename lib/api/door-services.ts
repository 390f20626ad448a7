import type { Config } from '../configuration.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { SessionManagerV2 } from '../sessions/session-manager.ts';
import type { StreamEffects } from '../sessions/stream-effects.ts';
import type { AccessCheck } from '../workspaces/access-points/access-check.ts';

/** What the functions work with. */
export interface Services {
  config: Config;
  log: LogLines;
  manager: SessionManagerV2;
  events: StreamEffects;
  accessCheck: AccessCheck;
  describeApi?: (() => Promise<object>) | undefined;
}

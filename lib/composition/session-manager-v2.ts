import { readConfig } from '../configuration.ts';
import { ValidationError } from '../errors.ts';
import type { AuditLogger } from '../api/audit-catalogue.ts';
import { APPLICATION } from '../identity.ts';
import { secretsUnavailable } from '../mcp-clients/credentials/no-secrets.ts';
import { mcpUnavailable } from '../mcp-clients/no-mcp.ts';
import { ownFieldsOf } from '../own-fields.ts';
import { SessionManager } from '../sessions/session-manager.ts';
import { logLinesOf } from './materials.ts';
import { sessionManagerParts, type SessionManagerOptions, type Settings } from './session-manager-parts.ts';

/**
 * What a session manager is made of: a table and a place for workspaces. All else has a default: it connects to no MCP server,
 * logs from the level `INFO` on, and has the limits and times that `createSessionManager` has without variables.
 */
export interface SessionManagerV2Options
  extends
    Pick<SessionManagerOptions, 'table' | 'workspaces'>,
    Partial<Omit<SessionManagerOptions, 'table' | 'workspaces' | 'settings'>> {
  settings?: Partial<Omit<Settings, 'limits'> & { limits: Partial<Settings['limits']> }>;
  /** What `close()` of the manager does: closes what was made for this manager. */
  close?: (() => void | Promise<void>) | undefined;
}

/** The application's session manager, built from its options. `createSessionManager` takes them from the environment. */
export class SessionManagerV2 extends SessionManager {
  readonly #close: () => void | Promise<void>;

  constructor(options: SessionManagerV2Options, ...others: never[]) {
    // A caller that is given here, `undefined` too, would be taken for the application.
    if (others.length > 0) throw ValidationError.at('caller', 'is named by as(caller)');
    super(sessionManagerParts(completed(options)).manager, APPLICATION);
    this.#close = options.close ?? (() => undefined);
  }

  /** Replaces where audit events go, those of all views too. */
  override setAuditLogger(logger: AuditLogger): void {
    super.setAuditLogger(logger);
  }

  /**
   * Closes the connections to AWS and to MCP servers that `createSessionManager` made, or what `close` of the options closes.
   * Call it when no call runs, and call nothing on the manager, its views or its sessions afterwards: that is not refused, but
   * opens connections which nothing closes.
   */
  async close(): Promise<void> {
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function completed(options: SessionManagerV2Options): SessionManagerOptions {
  const { settings, ...given } = ownFieldsOf(options, 'options') as unknown as SessionManagerV2Options;
  for (const name of ['table', 'workspaces'] as const) {
    if (typeof given[name] !== 'object') throw ValidationError.at(`options.${name}`, 'is needed');
  }
  const defaults = readConfig({});
  return {
    mcp: mcpUnavailable,
    secrets: secretsUnavailable,
    log: logLinesOf(defaults),
    ...given,
    settings: { ...defaults, ...settings, limits: { ...defaults.limits, ...settings?.limits } },
  };
}

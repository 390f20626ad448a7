import { ValidationError } from '../errors.ts';
import type { AuditLogger } from '../api/audit-catalogue.ts';
import { APPLICATION } from '../identity.ts';
import { SessionManager } from '../sessions/session-manager.ts';
import { sessionManagerParts, type SessionManagerOptions } from './session-manager-parts.ts';

/** The application's session manager, built from its options. `createSessionManager` takes them from the environment. */
export class SessionManagerV2 extends SessionManager {
  constructor(options: SessionManagerOptions, ...others: never[]) {
    // A caller that is given here, `undefined` too, would be taken for the application.
    if (others.length > 0) throw ValidationError.at('caller', 'is named by as(caller)');
    super(sessionManagerParts(options).manager, APPLICATION);
  }

  /** Replaces where audit events go, those of all views too. */
  override setAuditLogger(logger: AuditLogger): void {
    super.setAuditLogger(logger);
  }
}

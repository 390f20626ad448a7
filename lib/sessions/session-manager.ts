import { inspect } from 'node:util';
import { validate as isUuid } from 'uuid';
import { endDetails, reportEnd } from './end-report.ts';
import type { AuditLogger } from '../telemetry/audit/audit-event.ts';
import { auditSession } from '../telemetry/audit/audit-details.ts';
import { readFields, readInput, withSignal } from '../telemetry/audit/callers-input.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { ForbiddenError, SessionNotFoundError } from '../errors.ts';
import {
  checkIdentity,
  checkAgentMay,
  checkSpeaksFor,
  cleanupScope,
  maySee,
  type Caller,
  type Identity,
} from '../identity.ts';
import type { UsageReport } from '../limits/limit.ts';
import type { Config } from '../configuration.ts';
import type { FirstPrompt } from '../prompts/first-prompt.ts';
import type { LimitSettings } from '../limits/limit-settings.ts';
import type { PromptLayers } from '../prompts/prompt-layers.ts';
import type { Reconciles } from './reconciles.ts';
import type { SessionCounts, UsageOf } from './session-counts.ts';
import type { SessionEnding } from './session-ending.ts';
import type { SessionStore } from './session-store.ts';
import { sessionAudit } from './session-audit.ts';
import { parseCaller } from './parse-caller.ts';
import type { PromptComposer } from '../prompts/prompt-composer.ts';
import { SessionAccess } from './session-access.ts';
import { ComposedCreation } from './composed-creation.ts';
import type { SessionCreation } from './session-creation.ts';
import {
  inactiveForSchema,
  maxSessionsSchema,
  parseCreateOptions,
  type CreateSessionOptions,
} from './session-options.ts';
import { Session, SessionHandle, type SessionUses } from './session.ts';
import type { Page, SessionListStore } from './session-list-store.ts';
import { SessionListing, type SessionPage } from './session-listing.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { CleanupBounds, Sweep, SweepResult } from './sweep/sweep.ts';

/** Well within the 15 minutes of a Lambda. */
const CLEANUP_MS = 10 * 60 * 1000;

/** What a session manager is given. `…For`: made for each caller. */
export interface SessionManagerUses {
  readonly store: SessionStore;
  readonly lists: SessionListStore;
  readonly creation: SessionCreation;
  readonly ending: SessionEnding;
  readonly sweep: Sweep;
  readonly firstPrompt: FirstPrompt;
  readonly audit: AuditLog;
  readonly session: SessionUses;
  readonly countsFor: (caller: Caller) => SessionCounts;
  readonly limitsFor: (caller: Caller) => LimitSettings;
  readonly promptsFor: (caller: Caller) => PromptLayers;
  readonly reconcilerFor: (caller: Caller) => Reconciles;
  readonly defaults: Pick<Config, 'inactivitySeconds'>;
  readonly newSessionId: () => string;
  readonly now: () => Date;
}

/**
 * Sessions of AI agents, with limits that hold across any number of processes that share the table.
 *
 * The application's manager acts for the owner of whatever it names. `as(caller)` gives a view of it, under the rules for
 * one caller. Throws the errors of `errors.ts`.
 */
export class SessionManager {
  /** The layers that the default composer joins to a new session's system prompt. */
  readonly prompts: PromptLayers;
  /** How many sessions may be active at once: of all, of an organisation, of a user in one. */
  readonly limits: LimitSettings;
  readonly reconciler: Reconciles;
  readonly #counts: SessionCounts;
  readonly #uses: SessionManagerUses;
  readonly #caller: Caller;

  /** `caller` is one that `parseCaller` gave. */
  constructor(uses: SessionManagerUses, caller: Caller) {
    this.#uses = uses;
    this.#caller = caller;
    this.prompts = uses.promptsFor(caller);
    this.limits = uses.limitsFor(caller);
    this.reconciler = uses.reconcilerFor(caller);
    this.#counts = uses.countsFor(caller);
  }

  /**
   * The same manager on behalf of `caller`, which is copied. Only the application's manager says for whom it acts: a view,
   * handed on, stays under its caller's rules (`ForbiddenError`). Throws the errors of `parseCaller` for what is no caller.
   */
  as(caller: Caller): SessionManager {
    const uses = this.#usesOfApplication();
    const known = parseCaller(caller);
    return known.kind === 'application' ? this : new SessionManager(uses, known);
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { caller: ${inspect(this.#caller.kind)} }`;
  }

  /** Replaces what makes a new session's system prompt, for all views too. One that throws or is late leaves the prompt empty, with a warning. */
  setPromptComposer(composer: PromptComposer): void {
    this.#usesOfApplication().firstPrompt.setComposer(composer);
  }

  /** Replaces where audit events go, those of all views too. */
  setAuditLogger(logger: AuditLogger): void {
    this.#usesOfApplication().audit.setLogger(logger);
  }

  /**
   * Creates a session: its workspace, its system prompt and its seat under every limit, all or nothing. The same
   * `idempotencyKey` within `IDEMPOTENCY_HOURS` gives the same session again; throws `SessionEndedError` once that has ended.
   * What went wrong with the prompt is in the session's `warnings`; with `promptRequired` the create fails instead
   * (`PromptCompositionError`).
   */
  async createSession(userId: string, orgId: string, options: CreateSessionOptions = {}): Promise<Session> {
    return this.#uses.audit.record(sessionAudit.createSession, this.#caller, {}, async () => {
      const owner = checkIdentity({ userId, orgId });
      this.#uses.audit.note(owner);
      checkSpeaksFor(this.#caller, owner);
      return this.#create(owner, parseCreateOptions(options));
    });
  }

  /** Counts as activity, unless an admin or operator asks. */
  async getSession(sessionId: string): Promise<Session> {
    const access = this.#accessTo(sessionId);
    return access.recorded(
      sessionAudit.getSession,
      {},
      async () => new Session(this.#uses.session, access, await access.open('any')),
    );
  }

  /** A session by its id, not looked up yet: each call on it looks it up. */
  session(sessionId: string): SessionHandle {
    return new SessionHandle(this.#uses.session, this.#accessTo(sessionId));
  }

  /** Ends a session. When it returns, the directory is gone from its path and the seats are free. */
  async cleanupSession(sessionId: string): Promise<void> {
    await this.#uses.audit.record(sessionAudit.cleanupSession, this.#caller, auditSession(sessionId), async () => {
      const session = isUuid(sessionId) ? await this.#uses.store.get(sessionId) : undefined;
      if (!session || !maySee(this.#caller, session)) throw new SessionNotFoundError();
      checkAgentMay(this.#caller, undefined);
      this.#uses.audit.note({ userId: session.userId, orgId: session.orgId });
      this.#uses.audit.note(endDetails(session, 'requested'));
      // If somebody else was faster, perhaps after a claim of ours whose reply was lost, it has ended all the same.
      if (!(await this.#uses.ending.end(sessionId, 'requested'))) this.#uses.audit.noteJoined();
    });
  }

  /** Seats that the user's sessions take: in one organisation, or in all. */
  async countUserSessions(userId: string, orgId?: string): Promise<number> {
    return this.#counts.ofUser(userId, orgId);
  }

  /** Seats in use altogether. */
  async countAllSessions(): Promise<number> {
    return this.#counts.all();
  }

  /**
   * Seats and limits of a user and an organisation, as far as they are named, and of all for whoever may know. A user's limit
   * holds in one organisation, so a user is named with one.
   */
  async getUsage(named: UsageOf): Promise<UsageReport> {
    return this.#counts.usage(named);
  }

  /** Active sessions of a user, newest first; in all organisations if none is named. */
  async listSessions(userId: string, options: { orgId?: string } & Partial<Page> = {}): Promise<SessionPage> {
    return this.#listing.ofUser(userId, options);
  }

  /** Active sessions of an organisation, newest first. For admins. */
  async listOrgSessions(orgId: string, page: Partial<Page> = {}): Promise<SessionPage> {
    return this.#listing.ofOrg(orgId, page);
  }

  /**
   * Ends the sessions that were inactive for `inactiveForMs`; without it, those that are due by their own setting.
   * An admin's cleanup covers the admin's organisation, everybody else's covers all.
   */
  async cleanupInactiveSessions(inactiveForMs?: number, bounds: CleanupBounds = {}): Promise<SweepResult> {
    return this.#uses.audit.record(sessionAudit.cleanupInactiveSessions, this.#caller, {}, async () => {
      const scope = cleanupScope(this.#caller);
      const { signal: theirs, maxSessions } = readFields(bounds);
      const request = {
        ...scope,
        inactiveForMs: readInput(inactiveForSchema(), inactiveForMs),
        now: this.#uses.now(),
        maxSessions: readInput(maxSessionsSchema(), maxSessions),
        measuresWorkspaces: this.#caller.kind === 'schedule',
      };
      const result = await withSignal(theirs, (signal = AbortSignal.timeout(CLEANUP_MS)) =>
        this.#uses.sweep.run({ ...request, signal }, (session, ms) =>
          reportEnd(this.#uses.audit, session, endDetails(session, 'inactive'), ms),
        ),
      );
      this.#uses.audit.note({ cleaned: result.cleaned.length, notCleaned: result.failed.length });
      return result;
    });
  }

  async #create(owner: Identity, options: CreateSessionOptions): Promise<Session> {
    const creation = new ComposedCreation(this.#uses, this.#caller);
    const { session, ...outcome } = await creation.create(owner, options);
    return new Session(this.#uses.session, this.#accessTo(session.id), session, outcome);
  }

  get #listing(): SessionListing {
    const sessionOf = (item: SessionItem) => new Session(this.#uses.session, this.#accessTo(item.id), item);
    return new SessionListing(this.#uses, this.#caller, sessionOf);
  }

  #accessTo(sessionId: string): SessionAccess {
    return new SessionAccess(this.#uses, this.#caller, sessionId);
  }

  /** What all views share is the application's to change. */
  #usesOfApplication(): SessionManagerUses {
    if (this.#caller.kind !== 'application')
      throw new ForbiddenError('Only the manager of the application may do that.');
    return this.#uses;
  }
}

import { validate as isUuid } from 'uuid';
import { endDetails, rolledBack, reportEnd } from './end-report.ts';
import type { AuditLogger } from '../telemetry/audit/audit-event.ts';
import { auditSession } from '../telemetry/audit/audit-details.ts';
import { readFields, readInput, withSignal } from '../telemetry/audit/callers-input.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { ForbiddenError, SessionNotFoundError, ValidationError } from '../errors.ts';
import { firstPrompt } from '../prompts/first-prompt.ts';
import {
  checkIdentity,
  checkOrgId,
  checkSpeaksFor,
  checkUserId,
  isOf,
  cleanupScope,
  keepsAlive,
  maySee,
  type Caller,
  type Identity,
} from '../identity.ts';
import { LimitSettings } from '../limits/limit-settings.ts';
import type { UsageReport } from '../limits/limit.ts';
import { ManagerParts, type SessionManagerOptions } from '../composition/session-manager-parts.ts';
import { ManagerView } from './manager-view.ts';
import { parseCaller } from './parse-caller.ts';
import { PromptLayers } from '../prompts/prompt-layers.ts';
import type { PromptComposer } from '../prompts/prompt-composer.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import { SessionAccess } from './session-access.ts';
import { SessionCounts } from './session-counts.ts';
import { idempotencyRequest } from './session-creation.ts';
import {
  inactiveForSchema,
  maxSessionsSchema,
  parsePage,
  parseCreateOptions,
  type CreateSessionOptions,
} from './session-options.ts';
import { Session, SessionHandle } from './session.ts';
import type { Page, SessionIdPage } from './session-list-store.ts';
import type { CleanupBounds, SweepResult } from './sweep.ts';
import { workspaceOf } from '../workspaces/workspace-paths.ts';

export interface SessionPage {
  sessions: Session[];
  /** Opaque; there may be more sessions behind it. */
  nextCursor?: string;
}

/** Well within the 15 minutes of a Lambda. */
const CLEANUP_MS = 10 * 60 * 1000;

const APPLICATION: Caller = Object.freeze({ kind: 'application' });

/**
 * Sessions of AI agents, with limits that hold across any number of processes that share the table.
 *
 * A manager that this constructor makes is the application's: it acts for the owner of whatever it names. `as(caller)` gives
 * a view of it, under the rules for one caller. Throws the errors of `errors.ts`.
 */
export class SessionManagerV2 {
  /** The layers that the default composer joins to a new session's system prompt. */
  readonly prompts: PromptLayers;
  /** How many sessions may be active at once: of all, of an organisation, of a user in one. */
  readonly limits: LimitSettings;
  readonly reconciler: Reconciler;
  readonly #counts: SessionCounts;
  readonly #parts: ManagerParts;
  readonly #caller: Caller;

  constructor(options: SessionManagerOptions | ManagerParts | ManagerView, ...others: never[]) {
    // A caller that is given here, `undefined` too, would be taken for the application.
    if (others.length > 0) throw ValidationError.at('caller', 'is named by as(caller)');
    const isView = options instanceof ManagerView;
    const parts = isView ? options.parts : options;
    this.#parts = parts instanceof ManagerParts ? parts : new ManagerParts(parts);
    this.#caller = isView ? options.caller : APPLICATION;
    this.prompts = new PromptLayers(this.#parts, this.#caller);
    this.limits = new LimitSettings(this.#parts, this.#caller);
    this.reconciler = new Reconciler(this.#parts, this.#caller);
    this.#counts = new SessionCounts(this.#parts, this.#caller);
  }

  /**
   * The same manager on behalf of `caller`, which is copied. Only the application's manager says for whom it acts: a view,
   * handed on, stays under its caller's rules (`ForbiddenError`). Throws the errors of `parseCaller` for what is no caller.
   */
  as(caller: Caller): SessionManagerV2 {
    const parts = this.#partsOfApplication();
    const known = parseCaller(caller);
    return known.kind === 'application' ? this : new SessionManagerV2(new ManagerView(parts, known));
  }

  /** Replaces what makes a new session's system prompt, for all views too. One that throws or is late leaves the prompt empty. */
  setPromptComposer(composer: PromptComposer): void {
    this.#partsOfApplication().promptComposer = composer;
  }

  /** Replaces where audit events go, those of all views too. */
  setAuditLogger(logger: AuditLogger): void {
    this.#partsOfApplication().audit.setLogger(logger);
  }

  /** Where doors record what they do on behalf of callers, refusals included. */
  get audit(): AuditLog {
    return this.#partsOfApplication().audit;
  }

  /**
   * Creates a session: its workspace, its system prompt and its seat under every limit, all or nothing. The same
   * `idempotencyKey` within 24 hours gives the same session again.
   */
  async createSession(userId: string, orgId: string, options: CreateSessionOptions = {}): Promise<Session> {
    return this.#parts.audit.record('createSession', this.#caller, {}, async () => {
      const owner = checkIdentity({ userId, orgId });
      this.#parts.audit.note(owner);
      checkSpeaksFor(this.#caller, owner);
      return this.#create(owner, parseCreateOptions(options));
    });
  }

  /** Counts as activity, unless an admin or operator asks. */
  async getSession(sessionId: string): Promise<Session> {
    const access = this.#accessTo(sessionId);
    return access.recorded('getSession', {}, async () => new Session(this.#parts, access, await access.open()));
  }

  /** A session by its id, not looked up yet: each call on it looks it up. */
  session(sessionId: string): SessionHandle {
    return new SessionHandle(this.#parts, this.#accessTo(sessionId));
  }

  /** Ends a session. When it returns, the directory is gone from its path and the seats are free. */
  async cleanupSession(sessionId: string): Promise<void> {
    await this.#parts.audit.record('cleanupSession', this.#caller, auditSession(sessionId), async () => {
      const session = isUuid(sessionId) ? await this.#parts.store.get(sessionId) : undefined;
      if (!session || !maySee(this.#caller, session)) throw new SessionNotFoundError();
      this.#parts.audit.note({ userId: session.userId, orgId: session.orgId });
      this.#parts.audit.note(endDetails(session, 'requested'));
      // If somebody else was faster, perhaps after a claim of ours whose reply was lost, it has ended all the same.
      if (!(await this.#parts.ending.end(sessionId, 'requested'))) this.#parts.audit.noteJoined();
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

  /** Seats and limits of a user and an organisation, as far as they are named, and of all for whoever may know. */
  async getUsage(named: Partial<Identity>): Promise<UsageReport> {
    return this.#counts.usage(named);
  }

  /** Active sessions of a user, newest first; in all organisations if none is named. */
  async listSessions(userId: string, options: { orgId?: string } & Partial<Page> = {}): Promise<SessionPage> {
    return this.#parts.audit.record('listSessions', this.#caller, {}, async () => {
      const { orgId, ...page } = readFields(options);
      const named = { userId: checkUserId(userId), orgId: orgId === undefined ? undefined : checkOrgId(orgId) };
      this.#parts.audit.note(named);
      checkSpeaksFor(this.#caller, named);
      return this.#sessionsOf(await this.#parts.lists.ofUser(userId, orgId, parsePage(page)), named);
    });
  }

  /** Active sessions of an organisation, newest first. For admins. */
  async listOrgSessions(orgId: string, page: Partial<Page> = {}): Promise<SessionPage> {
    return this.#parts.audit.record('listSessions', this.#caller, {}, async () => {
      const named = { orgId: checkOrgId(orgId) };
      this.#parts.audit.note(named);
      checkSpeaksFor(this.#caller, named);
      return this.#sessionsOf(await this.#parts.lists.ofOrg(orgId, parsePage(page)), named);
    });
  }

  /**
   * Ends the sessions that were inactive for `inactiveForMs`; without it, those that are due by their own setting.
   * An admin's cleanup covers the admin's organisation, everybody else's covers all.
   */
  async cleanupInactiveSessions(inactiveForMs?: number, bounds: CleanupBounds = {}): Promise<SweepResult> {
    return this.#parts.audit.record('cleanupInactiveSessions', this.#caller, {}, async () => {
      const scope = cleanupScope(this.#caller);
      const { signal: theirs, maxSessions } = readFields(bounds);
      const request = {
        ...scope,
        inactiveForMs: readInput(inactiveForSchema(), inactiveForMs),
        now: this.#parts.now(),
        maxSessions: readInput(maxSessionsSchema(), maxSessions),
        measuresWorkspaces: this.#caller.kind === 'schedule',
      };
      const result = await withSignal(theirs, (signal = AbortSignal.timeout(CLEANUP_MS)) =>
        this.#parts.sweep.run({ ...request, signal }, (session, ms) =>
          reportEnd(this.#parts.audit, session, endDetails(session, 'inactive'), ms),
        ),
      );
      this.#parts.audit.note({ cleaned: result.cleaned.length, notCleaned: result.failed.length });
      return result;
    });
  }

  async #create(owner: Identity, options: CreateSessionOptions): Promise<Session> {
    const { idempotencyKey, ...request } = options;
    const { metadata = {}, promptVariables = {}, inactivitySeconds = this.#parts.settings.inactivitySeconds } = request;
    const id = this.#parts.newSessionId();
    // Before a composer has the variables in its hands.
    const idempotency = idempotencyRequest(idempotencyKey, request);
    const systemPrompt = await firstPrompt(this.#parts, { ...owner, sessionId: id, variables: promptVariables });
    const { session, replayed } = await this.#parts.creation.create(
      {
        draft: { ...owner, id, workspace: workspaceOf(owner.userId, id), metadata, inactivitySeconds },
        systemPrompt,
        idempotency,
        now: this.#parts.now(),
      },
      (session, ms) => reportEnd(this.#parts.audit, session, rolledBack(session), ms),
    );
    this.#parts.audit.note({ sessionId: session.id, ...(replayed && { replayed }) });
    const isActivity = replayed && keepsAlive(this.#caller, session);
    const item = isActivity ? await this.#parts.store.touch(session, this.#parts.now()) : session;
    return new Session(this.#parts, this.#accessTo(item.id), item, { replayed });
  }

  #accessTo(sessionId: string): SessionAccess {
    return new SessionAccess(this.#parts, this.#caller, sessionId);
  }

  /** What all views share is the application's to change. */
  #partsOfApplication(): ManagerParts {
    if (this.#caller.kind !== 'application')
      throw new ForbiddenError('Only the manager of the application may do that.');
    return this.#parts;
  }

  /** Of those who were asked for alone: whoever writes the table chooses which sessions a list names. */
  async #sessionsOf({ sessionIds, nextCursor }: SessionIdPage, named: Partial<Identity>): Promise<SessionPage> {
    const items = (await this.#parts.store.getAll(sessionIds)).filter((item) => isOf(item, named));
    const byId = new Map(items.map((item) => [item.id, item]));
    const sessions = sessionIds.flatMap((id) => {
      const item = byId.get(id);
      return item?.status === 'active' ? [new Session(this.#parts, this.#accessTo(item.id), item)] : [];
    });
    return { sessions, ...(nextCursor !== undefined && { nextCursor }) };
  }
}

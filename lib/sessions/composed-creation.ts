import { keepsAlive, type Caller, type Identity } from '../identity.ts';
import type { Config } from '../configuration.ts';
import type { FirstPrompt } from '../prompts/first-prompt.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { workspaceOf } from '../workspaces/workspace-paths.ts';
import { reportEnd, rolledBack } from './end-report.ts';
import { idempotencyRequest, orSessionEnded, type CreationOutcome, type SessionCreation } from './session-creation.ts';
import type { CreateSessionOptions } from './session-options.ts';
import type { SessionStore } from './session-store.ts';

interface ComposedCreationUses {
  readonly store: SessionStore;
  readonly creation: SessionCreation;
  readonly firstPrompt: FirstPrompt;
  readonly audit: AuditLog;
  readonly defaults: Pick<Config, 'inactivitySeconds'>;
  readonly newSessionId: () => string;
  readonly now: () => Date;
}

/**
 * A create as a caller asks for it: composes the system prompt, then creates the session. A repeated create needs no prompt.
 * The transaction tells that it is one, at no cost: so the default composer, which reads from memory as a rule, composes
 * first. An embedder's composer may ask a model: the key is looked up before it runs. Two creates with one key at the same
 * time may both run it: then one of the prompts is dropped.
 */
export class ComposedCreation {
  private readonly uses: ComposedCreationUses;
  private readonly caller: Caller;

  constructor(uses: ComposedCreationUses, caller: Caller) {
    this.uses = uses;
    this.caller = caller;
  }

  async create(owner: Identity, { idempotencyKey, ...request }: CreateSessionOptions): Promise<CreationOutcome> {
    const { creation, firstPrompt, audit, defaults, now } = this.uses;
    const { metadata = {}, promptVariables = {}, inactivitySeconds = defaults.inactivitySeconds } = request;
    const id = this.uses.newSessionId();
    // Before a composer has the variables in its hands.
    const idempotency = idempotencyRequest(idempotencyKey, request);
    const earlier = idempotency && firstPrompt.isCostly && (await creation.replayOfKey(owner, idempotency, now()));
    if (earlier) return this.answered(earlier);
    const systemPrompt = await firstPrompt.compose({ ...owner, sessionId: id, variables: promptVariables });
    const outcome = await creation.create(
      {
        draft: { ...owner, id, workspace: workspaceOf(owner.userId, id), metadata, inactivitySeconds },
        systemPrompt,
        idempotency,
        now: now(),
      },
      (session, ms) => reportEnd(audit, session, rolledBack(session), ms),
    );
    return this.answered(outcome);
  }

  private async answered({ session, replayed }: CreationOutcome): Promise<CreationOutcome> {
    this.uses.audit.note({ sessionId: session.id, ...(replayed && { replayed }) });
    return { session: replayed ? await this.touched(session) : session, replayed };
  }

  /** A repeated create counts as activity of its owner. */
  private async touched(session: SessionItem): Promise<SessionItem> {
    if (!keepsAlive(this.caller, session)) return session;
    return orSessionEnded(session.id, this.uses.store.touch(session, this.uses.now()));
  }
}

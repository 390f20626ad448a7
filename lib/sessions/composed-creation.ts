import { keepsAlive, type Caller, type Identity } from '../identity.ts';
import type { Config } from '../configuration.ts';
import type { FirstPrompt } from '../prompts/first-prompt.ts';
import { PromptCompositionError } from '../prompts/prompt-errors.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import { workspaceOf } from '../workspaces/workspace-paths.ts';
import { endDetails, reportEnd, rolledBack } from './end-report.ts';
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

/** `warnings`: what went wrong with the prompt. */
export interface ComposedCreationOutcome extends CreationOutcome {
  warnings: readonly string[];
}

/**
 * A create with its system prompt: composes the prompt, then creates the session. A repeated create needs no prompt. The
 * transaction finds out that it is one, at no cost: so the default composer, which reads from memory as a rule, composes
 * first. An embedder's composer may call a model: the key is looked up before it runs. Two creates with one key at the same
 * time may both run it: then one of the prompts is dropped.
 */
export class ComposedCreation {
  private readonly uses: ComposedCreationUses;
  private readonly caller: Caller;

  constructor(uses: ComposedCreationUses, caller: Caller) {
    this.uses = uses;
    this.caller = caller;
  }

  async create(
    owner: Identity,
    { idempotencyKey, ...request }: CreateSessionOptions,
  ): Promise<ComposedCreationOutcome> {
    const { creation, firstPrompt, audit, defaults, now } = this.uses;
    const {
      metadata = {},
      promptRequired = false,
      promptVariables = {},
      inactivitySeconds = defaults.inactivitySeconds,
    } = request;
    const id = this.uses.newSessionId();
    // Before a composer has the variables in its hands.
    const idempotency = idempotencyRequest(idempotencyKey, request);
    const replay = async () => idempotency && creation.replayOfKey(owner, idempotency, now());
    const earlier = firstPrompt.isCostly ? await replay() : undefined;
    if (earlier) return this.repeated(earlier);
    const prompt = await firstPrompt.compose({ ...owner, sessionId: id, variables: promptVariables });
    if (promptRequired && prompt.warnings.length > 0) {
      // The session that an earlier request created has its prompt.
      const known = await replay();
      if (known) return this.repeated(known);
      firstPrompt.noteWarnings(id, prompt);
      throw new PromptCompositionError(prompt.warnings);
    }
    const outcome = await creation.create(
      {
        draft: { ...owner, id, workspace: workspaceOf(owner.userId, id), metadata, inactivitySeconds },
        systemPrompt: prompt.systemPrompt,
        idempotency,
        now: now(),
      },
      {
        rolledBack: (session, ms) => reportEnd(audit, session, rolledBack(session), ms),
        dueEnded: (session, ms) => reportEnd(audit, session, endDetails(session, 'inactive'), ms),
      },
    );
    if (outcome.replayed) return this.repeated(outcome.session);
    firstPrompt.noteWarnings(id, prompt);
    audit.note({ sessionId: id });
    return { ...outcome, warnings: prompt.warnings };
  }

  /** With no warnings: what is composed for a repeated create is no prompt of its session. */
  private async repeated(session: SessionItem): Promise<ComposedCreationOutcome> {
    this.uses.audit.note({ sessionId: session.id, replayed: true });
    return { session: await this.touched(session), replayed: true, warnings: [] };
  }

  /** A repeated create counts as activity of its owner. */
  private async touched(session: SessionItem): Promise<SessionItem> {
    if (!keepsAlive(this.caller, session)) return session;
    return orSessionEnded(session.id, this.uses.store.touch(session, this.uses.now()));
  }
}

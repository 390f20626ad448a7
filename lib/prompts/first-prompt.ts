import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import { composePrompt } from './compose-prompt.ts';
import type { ComposedPrompt, PromptComposer, PromptRequest } from './prompt-composer.ts';

/** A new session's system prompt. What goes wrong leaves out as little as possible, with warnings. */
export class FirstPrompt {
  private readonly layered: PromptComposer;
  private embedders: PromptComposer | undefined;
  private readonly audit: AuditLog;
  private readonly log: LogLines;

  /** `embedders`: instead of the default one, `layered`. */
  constructor(layered: PromptComposer, embedders: PromptComposer | undefined, audit: AuditLog, log: LogLines) {
    this.layered = layered;
    this.embedders = embedders;
    this.audit = audit;
    this.log = log;
  }

  setComposer(composer: PromptComposer): void {
    this.embedders = composer;
  }

  /** Whether composing may cost more than a read of the table: an embedder's composer may call a model. */
  get isCostly(): boolean {
    return this.embedders !== undefined;
  }

  async compose(request: PromptRequest): Promise<ComposedPrompt> {
    return outsideAudit(() => composePrompt(this.embedders ?? this.layered, request));
  }

  /** Writes to the audit event and to the log what went wrong with the prompt of a session, if anything did. */
  noteWarnings(sessionId: string, { warnings }: ComposedPrompt): void {
    if (warnings.length === 0) return;
    const warning = warnings.join('; ');
    this.audit.note({ warning });
    this.log.promptComposerFailed(sessionId, warning);
  }
}

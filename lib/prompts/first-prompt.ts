import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import { composePrompt } from './compose-prompt.ts';
import type { PromptComposer, PromptRequest } from './prompt-composer.ts';

/** A new session's system prompt. What goes wrong leaves out as little as possible, with a warning in the audit log. */
export class FirstPrompt {
  private composer: PromptComposer;
  private readonly audit: AuditLog;
  private readonly log: LogLines;

  constructor(composer: PromptComposer, audit: AuditLog, log: LogLines) {
    this.composer = composer;
    this.audit = audit;
    this.log = log;
  }

  setComposer(composer: PromptComposer): void {
    this.composer = composer;
  }

  async compose(request: PromptRequest): Promise<string> {
    const { systemPrompt, warning } = await outsideAudit(() => composePrompt(this.composer, request));
    if (warning) {
      this.audit.note({ warning });
      this.log.promptComposerFailed(request.sessionId, warning);
    }
    return systemPrompt;
  }
}

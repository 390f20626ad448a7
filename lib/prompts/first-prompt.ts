import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import { composePrompt } from './compose-prompt.ts';
import type { PromptRequest, PromptComposer } from './prompt-composer.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { LogLines } from '../telemetry/log-lines.ts';

interface FirstPromptUses {
  readonly promptComposer: PromptComposer;
  readonly audit: AuditLog;
  readonly log: LogLines;
}

/** A new session's system prompt. What goes wrong leaves out as little as possible, with a warning in the audit trail. */
export async function firstPrompt(parts: FirstPromptUses, request: PromptRequest): Promise<string> {
  const { systemPrompt, warning } = await outsideAudit(() => composePrompt(parts.promptComposer, request));
  if (warning) {
    parts.audit.note({ warning });
    parts.log.promptComposerFailed(request.sessionId, warning);
  }
  return systemPrompt;
}

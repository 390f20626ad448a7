import { outsideAudit } from '../telemetry/audit/audit-context.ts';
import type { ManagerParts } from '../composition/session-manager-parts.ts';
import { composePrompt } from './compose-prompt.ts';
import type { PromptRequest } from './prompt-composer.ts';

/** A new session's system prompt. What goes wrong leaves out as little as possible, with a warning in the audit trail. */
export async function firstPrompt(parts: ManagerParts, request: PromptRequest): Promise<string> {
  const { systemPrompt, warning } = await outsideAudit(() => composePrompt(parts.promptComposer, request));
  if (warning) {
    parts.trail.note({ warning });
    parts.log.promptComposerFailed(request.sessionId, warning);
  }
  return systemPrompt;
}

import { auditRows, SESSION_FIELDS } from '../telemetry/audit/audit-row.ts';

const LAYER_SCOPE = { has: ['promptScope'], may: ['userId', 'orgId'] } as const;
const LAYER = { has: ['promptScope', 'promptId'], may: ['userId', 'orgId'] } as const;

export const promptAudit = auditRows({
  getSystemPrompt: { attempt: 'system-prompt.read', done: 'system-prompt.read', has: SESSION_FIELDS },
  updateSystemPrompt: { attempt: 'system-prompt.update', done: 'system-prompt.updated', has: SESSION_FIELDS },
  getPrompt: { attempt: 'prompt-layer.read', done: 'prompt-layer.read', ...LAYER },
  putPrompt: { attempt: 'prompt-layer.put', done: 'prompt-layer.put', ...LAYER },
  deletePrompt: { attempt: 'prompt-layer.delete', done: 'prompt-layer.deleted', ...LAYER },
  listPrompts: { attempt: 'prompt-layer.list', done: 'prompt-layer.listed', ...LAYER_SCOPE },
  previewPrompt: { attempt: 'prompt.preview', done: 'prompt.previewed', has: ['userId', 'orgId'] },
});

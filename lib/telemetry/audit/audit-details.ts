import type { AuditDetails } from './audit-fields.ts';
import { idSchemas } from './audit-ids.ts';

/** What a caller sends in place of an id or a name may be a secret: only what looks like an id is logged. */
const detail = (field: keyof typeof idSchemas, value: string): AuditDetails =>
  idSchemas[field]().safeParse(value).success ? { [field]: value } : {};

export const auditSession = (sessionId: string): AuditDetails => detail('sessionId', sessionId);
export const auditMcpClient = (clientId: string): AuditDetails => detail('mcpClientId', clientId);
export const auditToken = (tokenId: string): AuditDetails => detail('tokenId', tokenId);
export const auditTool = (name: string): AuditDetails => detail('tool', name);

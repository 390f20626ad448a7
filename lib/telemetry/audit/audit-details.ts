import type { AuditDetails } from './audit-fields.ts';
import { idSchemas } from './audit-ids.ts';

/** What a caller sends in place of an id or a name may be a secret: only what looks like one is told. */
const told = (field: keyof typeof idSchemas, value: string): AuditDetails =>
  idSchemas[field]().safeParse(value).success ? { [field]: value } : {};

export const auditSession = (sessionId: string): AuditDetails => told('sessionId', sessionId);
export const auditMcpClient = (clientId: string): AuditDetails => told('mcpClientId', clientId);
export const auditTool = (name: string): AuditDetails => told('tool', name);

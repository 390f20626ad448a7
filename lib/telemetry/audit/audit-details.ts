import * as z from 'zod/mini';
import { lazily } from '../../schemas.ts';
import type { AuditDetails } from './audit-fields.ts';

export const wordSchema = lazily(() => z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/)));

/** Of what callers name things by. */
export const idSchemas = {
  sessionId: lazily(() => z.uuid()),
  mcpClientId: wordSchema,
  /** The name of an MCP tool. */
  tool: lazily(() => z.string().check(z.regex(/^[A-Za-z0-9._/:-]{1,128}$/))),
};

/** What a caller sends in place of an id or a name may be a secret: only what looks like one is told. */
const told = (field: keyof typeof idSchemas, value: string): AuditDetails =>
  idSchemas[field]().safeParse(value).success ? { [field]: value } : {};

export const auditSession = (sessionId: string): AuditDetails => told('sessionId', sessionId);
export const auditMcpClient = (clientId: string): AuditDetails => told('mcpClientId', clientId);
export const auditTool = (name: string): AuditDetails => told('tool', name);

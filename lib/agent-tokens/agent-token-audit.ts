import { auditRows, SESSION_FIELDS } from '../telemetry/audit/audit-row.ts';

const TOKEN = [...SESSION_FIELDS, 'tokenId'] as const;

export const agentTokenAudit = auditRows({
  createToken: { attempt: 'token.create', done: 'token.created', has: TOKEN },
  listTokens: { attempt: 'token.list', done: 'token.listed', has: SESSION_FIELDS },
  deleteToken: { attempt: 'token.revoke', done: 'token.revoked', has: TOKEN },
});

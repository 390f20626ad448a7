import type { AuditField } from './audit-fields.ts';

/** An operation's events: `<attempt>-refused`, `<attempt>-failed`, and `done` where it can go well. */
interface AuditedOperationRow {
  attempt: string;
  done?: string;
  /** Instead of `done` where somebody else was faster, who has that event. */
  joined?: string;
  /** What the event of one that went well always says. The others say as much of it as was known. */
  has: readonly AuditField[];
  may?: readonly AuditField[];
  /** What only refusals say. */
  refused?: readonly AuditField[];
}

const SESSION = ['sessionId', 'userId', 'orgId'] as const;
const MCP_CLIENT = [...SESSION, 'mcpClientId'] as const;
const LIMIT = { has: ['limitScope'], may: ['userId', 'orgId'] } as const;
const LAYER_SCOPE = { has: ['promptScope'], may: ['userId', 'orgId'] } as const;
const LAYER = { has: ['promptScope', 'promptId'], may: ['userId', 'orgId'] } as const;

/**
 * Everything that callers, the schedule and the doors themselves do, and the names of its events. Operations that need
 * no caller (`getHealth`) have none: they concern nobody.
 */
export const AUDITED_OPERATIONS = {
  createSession: {
    attempt: 'session.create',
    done: 'session.created',
    has: SESSION,
    may: ['replayed', 'warning'],
    refused: ['limitScope', 'limit', 'active'],
  },
  getSession: { attempt: 'session.read', done: 'session.read', has: SESSION },
  updateSession: { attempt: 'session.update', done: 'session.updated', has: SESSION },
  heartbeat: { attempt: 'session.keep-alive', done: 'session.kept-alive', has: SESSION },
  cleanupSession: {
    attempt: 'session.end',
    done: 'session.ended',
    joined: 'session.end-joined',
    has: [...SESSION, 'reason'],
    may: ['resumedReason'],
  },
  listSessions: { attempt: 'session.list', done: 'session.listed', has: [], may: ['userId', 'orgId'] },
  cleanupInactiveSessions: { attempt: 'cleanup.run', done: 'cleanup.run', has: ['cleaned', 'notCleaned'] },
  reconcile: { attempt: 'reconcile.run', done: 'reconcile.run', has: ['drift', 'repaired'] },
  getUsage: { attempt: 'usage.read', done: 'usage.read', has: [], may: ['userId', 'orgId'] },
  countUserSessions: {
    attempt: 'usage.count-of-user',
    done: 'usage.counted-of-user',
    has: ['userId'],
    may: ['orgId'],
  },
  countAllSessions: { attempt: 'usage.count-of-all', done: 'usage.counted-of-all', has: [] },

  getLimit: { attempt: 'limit.read', done: 'limit.read', ...LIMIT },
  putLimit: { attempt: 'limit.put', done: 'limit.put', has: [...LIMIT.has, 'limit'], may: LIMIT.may },
  deleteLimit: { attempt: 'limit.delete', done: 'limit.deleted', ...LIMIT },

  getSystemPrompt: { attempt: 'system-prompt.read', done: 'system-prompt.read', has: SESSION },
  updateSystemPrompt: { attempt: 'system-prompt.update', done: 'system-prompt.updated', has: SESSION },
  getPrompt: { attempt: 'prompt-layer.read', done: 'prompt-layer.read', ...LAYER },
  putPrompt: { attempt: 'prompt-layer.put', done: 'prompt-layer.put', ...LAYER },
  deletePrompt: { attempt: 'prompt-layer.delete', done: 'prompt-layer.deleted', ...LAYER },
  listPrompts: { attempt: 'prompt-layer.list', done: 'prompt-layer.listed', ...LAYER_SCOPE },
  previewPrompt: { attempt: 'prompt.preview', done: 'prompt.previewed', has: ['userId', 'orgId'] },

  addMcpClient: { attempt: 'mcp-client.add', done: 'mcp-client.added', has: MCP_CLIENT },
  getMcpClient: { attempt: 'mcp-client.read', done: 'mcp-client.read', has: MCP_CLIENT },
  listMcpClients: { attempt: 'mcp-client.list', done: 'mcp-client.listed', has: SESSION },
  removeMcpClient: { attempt: 'mcp-client.remove', done: 'mcp-client.removed', has: MCP_CLIENT },
  updateMcpClientAuth: { attempt: 'mcp-client.authorize', done: 'mcp-client.authorized', has: MCP_CLIENT },
  listMcpTools: { attempt: 'mcp-tool.list', done: 'mcp-tool.listed', has: MCP_CLIENT },
  callMcpTool: { attempt: 'mcp-tool.call', done: 'mcp-tool.called', has: MCP_CLIENT, may: ['tool'] },

  readFile: { attempt: 'file.read', done: 'file.read', has: SESSION },
  writeFile: { attempt: 'file.write', done: 'file.written', has: SESSION },
  deleteFile: { attempt: 'file.delete', done: 'file.deleted', has: SESSION },
  listDirectory: { attempt: 'directory.list', done: 'directory.listed', has: SESSION },
  makeDirectory: { attempt: 'directory.make', done: 'directory.made', has: SESSION },
  removeDirectory: { attempt: 'directory.remove', done: 'directory.removed', has: SESSION },
  getWorkspaceUsage: { attempt: 'workspace.measure', done: 'workspace.measured', has: SESSION },

  grantWorkspaceAccess: {
    attempt: 'workspace-access.grant',
    done: 'workspace-access.granted',
    has: [...SESSION, 'accessPointId'],
  },
  revokeWorkspaceAccess: { attempt: 'workspace-access.revoke', done: 'workspace-access.revoked', has: SESSION },
  /** The daily check of access points. */
  checkWorkspaceAccess: {
    attempt: 'workspace-access.check',
    done: 'workspace-access.checked',
    has: ['cleaned', 'notCleaned'],
  },

  /** A request that names no operation of its function, or is none at all. */
  readRequest: { attempt: 'request.read', has: [] },
} as const satisfies Record<string, AuditedOperationRow>;

export type AuditedOperation = keyof typeof AUDITED_OPERATIONS;

/** What follows from an operation or a change of the table: each with an event of its own, beside the operation's. */
export const CONSEQUENCES = {
  /** By whichever operation: also that of `cleanupSession` itself. */
  'session.ended': {
    during: ['cleanupSession', 'cleanupInactiveSessions', 'createSession'],
    has: [...SESSION, 'reason'],
    may: ['resumedReason'],
  },
  /** That of a session that ended, or one that no session knows. */
  'access-point.removed': { during: ['sessionEvents', 'checkWorkspaceAccess'], has: ['sessionId', 'accessPointId'] },
  /** Something stored that does not fit the rest; of a counter what it says and what it should. */
  'drift.found': {
    during: ['reconcile'],
    has: ['driftKind', 'repaired'],
    may: [...SESSION, 'limitScope', 'active', 'sessions'],
  },
  /** The MCP server of a removed client was told to end its session. */
  'mcp-session.ended': { during: ['sessionEvents'], has: ['sessionId', 'mcpClientId', 'attempts'] },
} as const satisfies Record<
  string,
  { during: readonly string[]; has: readonly AuditField[]; may?: readonly AuditField[] }
>;

export type Consequence = keyof typeof CONSEQUENCES;

type Rows = typeof AUDITED_OPERATIONS;
type DoneOf<Row> = Row extends { done: infer Done extends string } ? Done : never;
type JoinedOf<Row> = Row extends { joined: infer Joined extends string } ? Joined : never;

/** `<subject>.<what was done>`, `<subject>.<what was attempted>-refused` or `-failed`. */
export type AuditEventName =
  | DoneOf<Rows[AuditedOperation]>
  | JoinedOf<Rows[AuditedOperation]>
  | `${Rows[AuditedOperation]['attempt']}-${'refused' | 'failed'}`
  | Consequence;

/** The name of an operation's event. */
export function auditEventName(
  operation: AuditedOperation,
  result: 'success' | 'refused' | 'failed',
  isJoined = false,
): AuditEventName {
  const row: AuditedOperationRow = AUDITED_OPERATIONS[operation];
  if (result !== 'success') return `${row.attempt}-${result}` as AuditEventName;
  const done = isJoined ? row.joined : row.done;
  if (done === undefined) throw new Error(`${operation} cannot go well`);
  return done as AuditEventName;
}

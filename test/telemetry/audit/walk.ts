import { randomUUID } from 'node:crypto';
import { operations, type OperationName } from '../../../lib/api/operations.ts';
import { AUDITED_OPERATIONS, type AuditEventName, type AuditedOperation } from '../../../lib/api/audit-catalogue.ts';
import { auditEventName } from '../../../lib/telemetry/audit/audit-row.ts';
import { outcomeOf } from '../../../lib/telemetry/audit/audit-outcome.ts';
import type { ErrorCode } from '../../../lib/errors.ts';
import { routes } from '../../../lib/api/routes.ts';
import type { Actor, Door, Reply } from '../../contracts/door.ts';

/** In everything that a caller may fill in as it likes. */
export const CANARY = 'canary-5e1f';
const content = Buffer.from(CANARY).toString('base64');

/** What the walk has to work with. */
interface Known {
  sessionId: string;
  tokenId?: string;
  endpoint: string;
}

/** The input of each operation in the order of a session's life: an operation that has none fails to compile. */
const INPUTS: Record<OperationName, (known: Known) => Record<string, unknown>> = {
  getHealth: () => ({}),
  getOpenApi: () => ({}),
  createSession: () => ({ metadata: { [CANARY]: CANARY }, promptVariables: { [CANARY]: CANARY } }),
  getSession: ({ sessionId }) => ({ sessionId }),
  heartbeat: ({ sessionId }) => ({ sessionId }),
  updateSession: ({ sessionId }) => ({ sessionId, metadata: { [CANARY]: CANARY } }),
  listSessions: () => ({}),
  getUsage: () => ({}),
  countUserSessions: () => ({}),
  countAllSessions: () => ({}),
  updateSystemPrompt: ({ sessionId }) => ({ sessionId, systemPrompt: CANARY }),
  getSystemPrompt: ({ sessionId }) => ({ sessionId }),
  createToken: ({ sessionId }) => ({ sessionId, name: CANARY }),
  listTokens: ({ sessionId }) => ({ sessionId }),
  deleteToken: ({ sessionId, tokenId = '5f0c2a9e41b7d863' }) => ({ sessionId, tokenId }),
  putLimit: () => ({ scope: 'user', userId: 'ada', orgId: 'acme', limit: 100 }),
  getLimit: () => ({ scope: 'user', userId: 'ada', orgId: 'acme' }),
  deleteLimit: () => ({ scope: 'user', userId: 'ada', orgId: 'acme' }),
  putPrompt: () => ({ scope: 'org', promptId: 'tone', content: CANARY, name: CANARY, variables: { [CANARY]: CANARY } }),
  getPrompt: () => ({ scope: 'org', promptId: 'tone' }),
  listPrompts: () => ({ scope: 'org' }),
  previewPrompt: () => ({ promptVariables: { [CANARY]: CANARY } }),
  deletePrompt: () => ({ scope: 'org', promptId: 'tone' }),
  addMcpClient: ({ sessionId, endpoint }) => ({
    sessionId,
    id: 'tools',
    name: CANARY,
    type: 'http',
    endpoint,
    headers: { 'x-secret': CANARY },
  }),
  listMcpClients: ({ sessionId }) => ({ sessionId }),
  getMcpClient: ({ sessionId }) => ({ sessionId, clientId: 'tools' }),
  updateMcpClientAuth: ({ sessionId }) => ({ sessionId, clientId: 'tools', headers: { 'x-secret': `${CANARY}-2` } }),
  listMcpTools: ({ sessionId }) => ({ sessionId, clientId: 'tools' }),
  callMcpTool: ({ sessionId }) => ({ sessionId, clientId: 'tools', name: 'echo', arguments: { message: CANARY } }),
  removeMcpClient: ({ sessionId }) => ({ sessionId, clientId: 'tools' }),
  makeDirectory: ({ sessionId }) => ({ sessionId, path: CANARY }),
  writeFile: ({ sessionId }) => ({ sessionId, path: `${CANARY}/a`, content }),
  readFile: ({ sessionId }) => ({ sessionId, path: `${CANARY}/a` }),
  statFile: ({ sessionId }) => ({ sessionId, path: `${CANARY}/a` }),
  listDirectory: ({ sessionId }) => ({ sessionId, path: CANARY }),
  getWorkspaceUsage: ({ sessionId }) => ({ sessionId }),
  copyFile: ({ sessionId }) => ({ sessionId, from: `${CANARY}/a`, to: `${CANARY}/copy` }),
  moveFile: ({ sessionId }) => ({ sessionId, from: `${CANARY}/copy`, to: `${CANARY}/moved` }),
  deleteFile: ({ sessionId }) => ({ sessionId, path: `${CANARY}/a` }),
  removeDirectory: ({ sessionId }) => ({ sessionId, path: CANARY, recursive: true }),
  grantWorkspaceAccess: ({ sessionId }) => ({ sessionId }),
  revokeWorkspaceAccess: ({ sessionId }) => ({ sessionId }),
  cleanupInactiveSessions: () => ({}),
  reconcile: () => ({}),
  cleanupSession: ({ sessionId }) => ({ sessionId }),
};

/** Has no room where the caller's `list` is long. */
const ENDLESS = '{{#list}}{{#list}}{{#list}}x{{/list}}{{/list}}{{/list}}';

const ALL = Object.keys(INPUTS) as OperationName[];
/** What needs a caller concerns somebody, and so is audited. */
export const audited = (operation: OperationName): boolean => operations[operation].access === 'caller';

/** The event that a request with this answer must have left. */
export function eventOf(operation: AuditedOperation, reply: Reply | { ok: false; code: ErrorCode }): AuditEventName {
  const { result } = reply.ok ? { result: 'success' as const } : outcomeOf(reply.code);
  return auditEventName(AUDITED_OPERATIONS[operation], result) as AuditEventName;
}

/** Requests at a door, each with the one event that it must leave. */
export class Walk {
  readonly expected: AuditEventName[] = [];
  readonly codes = new Set<ErrorCode>();
  private readonly door: Door;
  private readonly endpoint: string;
  private readonly has: (operation: OperationName) => boolean;

  constructor(door: Door, endpoint: string, isHttp: boolean) {
    this.door = door;
    this.endpoint = endpoint;
    this.has = (operation) => !isHttp || routes.some((route) => route.operation === operation);
  }

  async call(operation: OperationName, actor: Actor, input: Record<string, unknown>): Promise<Reply> {
    const reply = await this.door.call(operation, actor, input);
    if (audited(operation)) this.note(operation as AuditedOperation, reply);
    return reply;
  }

  note(operation: AuditedOperation, reply: Reply | { ok: false; code: ErrorCode }): void {
    this.expected.push(eventOf(operation, reply));
    if (!reply.ok) this.codes.add(reply.code);
  }

  /** Every operation that the door has, asked by `actor` about one session that `owner` has. */
  async everything(actor: Actor, sessionId?: string): Promise<Map<OperationName, Reply>> {
    const known: Known = { sessionId: sessionId ?? randomUUID(), endpoint: this.endpoint };
    const replies = new Map<OperationName, Reply>();
    for (const operation of ALL.filter(this.has)) {
      const reply = await this.call(operation, actor, INPUTS[operation](known));
      if (operation === 'createSession' && reply.ok && sessionId === undefined) {
        known.sessionId = (reply.output as { id: string }).id;
      }
      if (operation === 'createToken' && reply.ok) known.tokenId = (reply.output as { id: string }).id;
      replies.set(operation, reply);
    }
    return replies;
  }

  /** A refusal of each kind that callers can bring about at every door. */
  async refusals(owner: Actor): Promise<void> {
    const create = (input = {}) => this.call('createSession', owner, { ...input });
    const admin: Actor = { ...owner, role: 'admin' };
    const endless = { scope: 'user', userId: owner.userId, promptId: 'endless', template: ENDLESS };
    await this.call('putPrompt', admin, endless);
    await create({ promptRequired: true, promptVariables: { list: Array.from({ length: 200 }, () => 1) } });
    const { output } = (await create({ idempotencyKey: CANARY })) as { output: { id: string } };
    const known = { sessionId: output.id, endpoint: this.endpoint };
    const { sessionId } = known;
    await create({ idempotencyKey: CANARY });
    await create({ idempotencyKey: CANARY, metadata: { [CANARY]: CANARY } });
    await create({ metadata: { [CANARY]: 7 } });
    await create();
    await create({ promptVariables: { [CANARY]: CANARY } });
    const client = INPUTS.addMcpClient(known);
    await this.call('addMcpClient', owner, client);
    await this.call('addMcpClient', owner, client);
    await this.call('addMcpClient', owner, { ...client, id: 'metadata', endpoint: `http://169.254.169.254/${CANARY}` });
    await this.call('callMcpTool', owner, { sessionId, clientId: 'tools', name: `${CANARY} \n` });
    await this.call('removeMcpClient', owner, { sessionId, clientId: 'none' });
    await this.call('deleteToken', owner, { sessionId, tokenId: CANARY });
    await this.call('readFile', owner, { sessionId, path: `../${CANARY}` });
    await this.call('readFile', owner, { sessionId, path: CANARY });
    await this.call('writeFile', owner, { sessionId, path: CANARY, content });
    await this.call('writeFile', owner, { sessionId, path: CANARY, content, ifNoneMatch: '*' });
    await this.call('removeDirectory', owner, { sessionId, path: CANARY });
    await this.call('copyFile', owner, { sessionId, from: CANARY, to: CANARY });
    await this.call('writeFile', owner, { sessionId, path: `${CANARY}-2`, content });
    await this.call('moveFile', owner, { sessionId, from: CANARY, to: `${CANARY}-2` });
    await this.call('getSession', owner, { sessionId: CANARY });
    await this.call('putPrompt', { ...owner, role: 'admin' }, { scope: 'global', promptId: 'x', content: CANARY });
  }
}

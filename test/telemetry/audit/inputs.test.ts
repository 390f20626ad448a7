import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { McpConnection, McpConnector } from '../../../lib/mcp-clients/mcp-connector.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import type { SessionManager } from '../../../lib/sessions/session-manager.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';

const connection: McpConnection = {
  state: {
    connectionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
    transport: 'streamable-http',
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'crm', version: '1' },
    capabilities: '{}',
  },
  listTools: async ({ signal } = {}) => [{ name: String(signal?.aborted) }],
  callTool: async (name, args, { signal } = {}) => ({ sent: `${name} ${JSON.stringify(args)} ${signal?.aborted}` }),
  terminate: async () => undefined,
  close: async () => undefined,
};
const mcp: McpConnector = { connect: async () => connection, resume: async () => connection };

type Look = () => void;
interface World {
  manager: SessionManager;
  session: Session;
}
type Row = readonly [name: string, operation: string, run: (world: World, look: Look) => Promise<unknown>];

/** A copy of `fields` whose fields look when they are read. */
function looking<T extends object>(look: Look, fields: T): T {
  const copy = {};
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(copy, name, { enumerable: true, get: () => (look(), value as unknown) });
  }
  return copy as T;
}

/** In place of a text or a number: looks when it is made one. */
const lookingAs = <T extends string | number>(look: Look, value: T): T =>
  Object.assign(Object(value) as object, {
    toString: () => (look(), String(value)),
    valueOf: () => (look(), value),
    isWellFormed: () => (look(), true),
    toJSON: () => (look(), value),
  }) as unknown as T;

function lookingSignal(look: Look): AbortSignal {
  const { signal } = new AbortController();
  Object.defineProperty(signal, 'aborted', { get: () => (look(), false) });
  return signal;
}

const bytesLooking = (look: Look) =>
  Object.defineProperty(Buffer.from('bytes'), 'length', { get: () => (look(), 5), configurable: true });

const PROMPT = { scope: 'org', orgId: 'acme', promptId: 'tone' } as const;
const LIMIT = { scope: 'org', orgId: 'acme' } as const;
const CRM = { id: 'other', type: 'http', endpoint: 'https://crm.example/mcp' } as const;

const ROWS: readonly Row[] = [
  [
    'metadata',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', looking(look, { metadata: {} })),
  ],
  [
    'metadata inside',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', { metadata: looking(look, { a: 'b' }) }),
  ],
  [
    'variables inside',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', { promptVariables: { a: looking(look, { b: 'c' }) } }),
  ],
  [
    'a key',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', looking(look, { idempotencyKey: 'k' })),
  ],
  ['a user', 'createSession', ({ manager }, look) => manager.createSession(lookingAs(look, 'ada'), 'acme')],
  ['an id', 'getSession', ({ manager }, look) => manager.getSession(lookingAs(look, 'x'))],
  ['an id', 'cleanupSession', ({ manager }, look) => manager.cleanupSession(lookingAs(look, 'x'))],
  [
    'an organisation',
    'listSessions',
    ({ manager }, look) => manager.listSessions('ada', looking(look, { orgId: 'acme' })),
  ],
  ['a page', 'listSessions', ({ manager }, look) => manager.listSessions('ada', looking(look, { limit: 3 }))],
  [
    'a limit',
    'listSessions',
    ({ manager }, look) => manager.listSessions('ada', { limit: looking(look, { a: 1 }) as unknown as number }),
  ],
  ['a page', 'listSessions', ({ manager }, look) => manager.listOrgSessions('acme', looking(look, { limit: 3 }))],
  ['who', 'getUsage', ({ manager }, look) => manager.getUsage(looking(look, { userId: 'ada', orgId: 'acme' }))],
  ['a user', 'countUserSessions', ({ manager }, look) => manager.countUserSessions(lookingAs(look, 'ada'), 'acme')],
  [
    'bounds',
    'cleanupInactiveSessions',
    ({ manager }, look) => manager.cleanupInactiveSessions(undefined, looking(look, { maxSessions: 1 })),
  ],
  [
    'a number',
    'cleanupInactiveSessions',
    ({ manager }, look) => manager.cleanupInactiveSessions(9e9, { maxSessions: lookingAs(look, 1) }),
  ],
  ['a time', 'cleanupInactiveSessions', ({ manager }, look) => manager.cleanupInactiveSessions(lookingAs(look, 9e9))],
  [
    'a signal',
    'cleanupInactiveSessions',
    ({ manager }, look) => manager.cleanupInactiveSessions(9e9, { signal: lookingSignal(look) }),
  ],
  ['options', 'reconcile', ({ manager }, look) => manager.reconciler.run(looking(look, { repair: false }))],
  ['bounds', 'reconcile', ({ manager }, look) => manager.reconciler.run({}, looking(look, { pageItems: 10 }))],
  ['a number', 'reconcile', ({ manager }, look) => manager.reconciler.run({}, { pageItems: lookingAs(look, 10) })],
  ['a signal', 'reconcile', ({ manager }, look) => manager.reconciler.run({}, { signal: lookingSignal(look) })],
  ['a scope', 'getLimit', ({ manager }, look) => manager.limits.get(looking(look, LIMIT))],
  ['a scope', 'putLimit', ({ manager }, look) => manager.limits.put(looking(look, LIMIT), { limit: 50 })],
  ['a limit', 'putLimit', ({ manager }, look) => manager.limits.put(LIMIT, looking(look, { limit: 50 }))],
  ['a scope', 'deleteLimit', ({ manager }, look) => manager.limits.delete(looking(look, LIMIT))],
  ['a layer', 'putPrompt', ({ manager }, look) => manager.prompts.put(PROMPT, looking(look, { content: 'kind' }))],
  ['which', 'putPrompt', ({ manager }, look) => manager.prompts.put(looking(look, PROMPT), { content: 'kind' })],
  ['which', 'getPrompt', ({ manager }, look) => manager.prompts.get(looking(look, PROMPT))],
  ['a scope', 'listPrompts', ({ manager }, look) => manager.prompts.list(looking(look, LIMIT))],
  [
    'for whom',
    'previewPrompt',
    ({ manager }, look) => manager.prompts.preview(looking(look, { userId: 'ada', orgId: 'acme' })),
  ],
  ['which', 'deletePrompt', ({ manager }, look) => manager.prompts.delete(looking(look, PROMPT))],
  ['a version', 'deletePrompt', ({ manager }, look) => manager.prompts.delete(PROMPT, looking(look, { version: 1 }))],
  ['metadata', 'updateSession', ({ session }, look) => session.updateMetadata(looking(look, { a: 'b' }))],
  [
    'a prompt',
    'updateSystemPrompt',
    ({ session }, look) => session.updateSystemPrompt(looking(look, { a: 'b' }) as unknown as string),
  ],
  ['a config', 'addMcpClient', ({ session }, look) => session.addMcpClient(looking(look, CRM))],
  ['headers', 'addMcpClient', ({ session }, look) => session.addMcpClient({ ...CRM, headers: looking(look, {}) })],
  ['an id', 'getMcpClient', ({ session }, look) => session.getMcpClient(lookingAs(look, 'crm'))],
  ['an id', 'removeMcpClient', ({ session }, look) => session.removeMcpClient(lookingAs(look, 'other'))],
  ['an id', 'listMcpTools', ({ session }, look) => session.mcpClient(lookingAs(look, 'crm')).listTools()],
  [
    'options',
    'listMcpTools',
    ({ session }, look) => session.mcpClient('crm').listTools(looking(look, { signal: undefined })),
  ],
  [
    'a signal',
    'listMcpTools',
    ({ session }, look) => session.mcpClient('crm').listTools({ signal: lookingSignal(look) }),
  ],
  [
    'arguments',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', looking(look, { a: 'b' })),
  ],
  [
    'toJSON',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', { a: { toJSON: () => (look(), 'b') } }),
  ],
  ['a tool', 'callMcpTool', ({ session }, look) => session.mcpClient('crm').callTool(lookingAs(look, 'echo'))],
  [
    'options',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', {}, looking(look, { signal: undefined })),
  ],
  [
    'a signal',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', {}, { signal: lookingSignal(look) }),
  ],
  [
    'credentials',
    'updateMcpClientAuth',
    ({ session }, look) => session.mcpClient('crm').updateAuth(looking(look, { headers: undefined })),
  ],
  [
    'conditions',
    'writeFile',
    ({ session }, look) => session.files.write('a', Buffer.from('a'), looking(look, { ifMatch: undefined })),
  ],
  [
    'a tag',
    'writeFile',
    ({ session }, look) =>
      session.files.write('a', Buffer.from('a'), { ifMatch: looking(look, { match: 1 }) as unknown as string }),
  ],
  ['bytes', 'writeFile', ({ session }, look) => session.files.write('a', bytesLooking(look))],
  ['a path', 'writeFile', ({ session }, look) => session.files.write(lookingAs(look, 'a'), Buffer.from('a'))],
  [
    'a part',
    'writeFile',
    ({ session }, look) =>
      session.files.writePart('b', Buffer.from('a'), looking(look, { first: 0, total: 1, uploadId: 'u' })),
  ],
  [
    'bytes',
    'writeFile',
    ({ session }, look) => session.files.writePart('c', bytesLooking(look), { first: 0, total: 5, uploadId: 'u' }),
  ],
  ['a range', 'readFile', ({ session }, look) => session.files.read('there', looking(look, { first: 0 }))],
  ['a number', 'readFile', ({ session }, look) => session.files.read('there', { first: lookingAs(look, 0) })],
  [
    'conditions',
    'readFile',
    ({ session }, look) => session.files.read('there', undefined, looking(look, { ifMatch: '*' })),
  ],
  ['a path', 'readFile', ({ session }, look) => session.files.read(lookingAs(look, 'there'))],
  ['conditions', 'deleteFile', ({ session }, look) => session.files.delete('a', looking(look, { ifMatch: '*' }))],
  ['a path', 'listDirectory', ({ session }, look) => session.files.list(lookingAs(look, ''), 5)],
  ['a number', 'listDirectory', ({ session }, look) => session.files.list('', lookingAs(look, 5))],
  ['a cursor', 'listDirectory', ({ session }, look) => session.files.list('', 5, lookingAs(look, 'YQ'))],
  ['a path', 'makeDirectory', ({ session }, look) => session.files.makeDirectory(lookingAs(look, 'd'))],
  ['a path', 'removeDirectory', ({ session }, look) => session.files.removeDirectory(lookingAs(look, 'd'))],
];

describe('code of the caller in an input', () => {
  let stack: TestStack;
  let session: Session;
  beforeAll(async () => {
    stack = await newStack({}, undefined, { mcp });
    session = await stack.manager.createSession('ada', 'acme');
    await session.addMcpClient({ ...CRM, id: 'crm' });
    await session.files.write('there', Buffer.from('there'));
  });
  beforeEach(() => {
    stack.audited.length = 0;
  });
  afterAll(() => stack?.close());

  test.each(ROWS)('has events of its own: %s of %s', async (_what, operation, run) => {
    const { manager, audited } = stack;
    const looked: Promise<unknown>[] = [];
    const look = () => void looked.push(manager.countUserSessions('carol', 'third'));
    await run({ manager, session }, look).catch(() => undefined);
    await Promise.all(looked);
    const isLook = ({ userId }: { userId?: string }) => userId === 'carol';
    const looks = audited.filter(isLook);
    expect(looks.map(({ operation, orgId }) => [operation, orgId])).toEqual(
      looked.map(() => ['countUserSessions', 'third']),
    );
    const others = audited.filter((event) => !isLook(event));
    expect(others.map((event) => event.operation)).toEqual([operation]);
    expect(['ada', undefined]).toContain(others[0]?.userId);
    expect(['acme', undefined]).toContain(others[0]?.orgId);
  });

  test('ends a session under its own name, and not inside of a create', async () => {
    const carols = await stack.manager.createSession('carol', 'acme');
    stack.audited.length = 0;
    const admin = stack.manager.as({ kind: 'admin', userId: 'root', orgId: 'acme' });
    const ends: Promise<unknown>[] = [];
    const options = {
      get metadata() {
        ends.push(admin.cleanupSession(carols.id).catch(() => undefined));
        return {};
      },
    };
    const created = await admin.createSession('root', 'acme', options);
    await Promise.all(ends);
    const told = stack.audited.map(({ event, sessionId, userId }) => [event, sessionId, userId]);
    expect(told).toContainEqual(['session.created', created.id, 'root']);
    expect(told).toContainEqual([expect.stringMatching(/^session\.end/), carols.id, 'carol']);
  });

  test.each<readonly [string, (throwing: never) => Promise<unknown>]>([
    ['createSession', (throwing) => stack.manager.createSession('ada', 'acme', throwing)],
    ['listSessions', (throwing) => stack.manager.listSessions('ada', throwing)],
    ['getUsage', (throwing) => stack.manager.getUsage(throwing)],
    ['reconcile', (throwing) => stack.manager.reconciler.run({}, throwing)],
    ['putLimit', (throwing) => stack.manager.limits.put(LIMIT, throwing)],
    ['callMcpTool', (throwing) => session.mcpClient('crm').callTool('echo', throwing)],
    ['writeFile', (throwing) => session.files.write('a', Buffer.from('a'), throwing)],
  ])('is audited where it throws: %s', async (operation, run) => {
    const throwing = new Proxy({}, { ownKeys: () => fail(), get: () => fail() });
    const fail = () => {
      throw new Error('no');
    };
    await expect(run(throwing as never)).rejects.toThrow();
    expect(stack.audited.map((event) => [event.operation, event.result])).toEqual([
      [operation, expect.stringMatching(/refused|failed/)],
    ]);
  });

  test('counts as it was when it was handed over: what a tool is called with', async () => {
    const args = { a: 'before' };
    const calling = session.mcpClient('crm').callTool('echo', args);
    await new Promise((resolve) => setTimeout(resolve, 0));
    args.a = 'after';
    expect(await calling).toEqual({ sent: 'echo {"a":"before"} undefined' });
  });
});

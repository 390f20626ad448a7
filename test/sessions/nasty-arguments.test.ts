import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isKnownError } from '../../lib/api/client/error-of-code.ts';
import type { McpClientItem } from '../../lib/mcp-clients/mcp-client-store.ts';
import { hidden, revoked, unreadable } from '../setup/strange-objects.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const CRM: McpClientItem = {
  clientId: 'crm',
  name: 'crm',
  address: { type: 'stdio', command: 'none', args: [] },
  timeoutMs: 1000,
  connection: {
    connectionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
    transport: 'stdio',
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'crm', version: '1' },
    capabilities: '{}',
  },
  connectedAt: '2026-11-22T12:00:00.000Z',
};

const throwing = (): never => {
  throw new Error('of the caller');
};

/** What a program without types passes by mistake. */
const NASTY: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 7],
  ['a big number', 7n],
  ['a symbol', Symbol('id')],
  ['an empty text', ''],
  ['a lone surrogate', '\ud800'],
  ['a list', ['ada']],
  ['an object', { id: 'ada' }],
  ['what throws as a text', { toString: throwing, valueOf: throwing, toJSON: throwing }],
  ['a field that throws', unreadable('userId', {})],
  ['a hidden field', hidden({}, 'userId')],
  ['a revoked proxy', revoked()],
  ['a proxy that throws', new Proxy({}, { get: throwing, ownKeys: throwing, has: throwing, getPrototypeOf: throwing })],
];

/** Each public method of an object, with arguments that are right. */
type Calls = Readonly<Record<string, readonly unknown[]>>;
const REF = { scope: 'org', promptId: 'tone', orgId: 'acme' };
const LIMIT = { scope: 'org', orgId: 'acme' };

const callsOf = (id: string): Readonly<Record<string, Calls>> => ({
  manager: {
    as: [{ kind: 'user', userId: 'ada', orgId: 'acme' }],
    setPromptComposer: [{ compose: () => '' }],
    setAuditLogger: [{ log: () => undefined }],
    createSession: ['ada', 'acme', { metadata: {} }],
    getSession: [id],
    session: [id],
    cleanupSession: ['01a2045b-8d44-72e6-97c0-cb9917303a81'],
    countUserSessions: ['ada', 'acme'],
    countAllSessions: [],
    getUsage: [{ userId: 'ada', orgId: 'acme' }],
    listSessions: ['ada', { orgId: 'acme' }],
    listOrgSessions: ['acme', { limit: 1 }],
    cleanupInactiveSessions: [315_360_000_000, {}],
  },
  session: {
    heartbeat: [],
    updateMetadata: [{}, {}],
    getSystemPrompt: [],
    updateSystemPrompt: ['text'],
    addMcpClient: [{ id: 'x', type: 'stdio', command: 'none' }],
    getMcpClient: ['crm'],
    listMcpClients: [],
    removeMcpClient: ['none'],
    mcpClient: ['crm'],
    grantWorkspaceAccess: [],
    revokeWorkspaceAccess: [],
    getWorkspacePath: [],
    getSessionInfo: [],
    toJSON: [],
  },
  client: {
    listTools: [{}],
    toolList: [{}],
    callTool: ['echo', {}, {}],
    updateAuth: [{}],
    getInfo: [],
    toJSON: [],
  },
  files: {
    read: ['f', { first: 0 }, {}],
    stat: ['f', {}],
    write: ['f', Buffer.from('a'), {}],
    writePart: ['f', Buffer.from('a'), { first: 0, total: 2, uploadId: 'u' }, {}],
    delete: ['none', {}],
    move: ['none', 'g', {}],
    copy: ['f', 'g', {}],
    list: ['', 10, undefined, {}],
    makeDirectory: ['d'],
    removeDirectory: ['d', false],
    usage: [],
  },
  prompts: { get: [REF], list: [LIMIT], put: [REF, { content: 'a' }], delete: [REF, {}], preview: [LIMIT] },
  limits: { get: [LIMIT], put: [LIMIT, { limit: null }], delete: [LIMIT] },
  reconciler: { run: [{ repair: false }, {}] },
});

describe('no argument leads to an error of the language', () => {
  let stack: TestStack;
  let objects: Record<string, object>;
  let calls: Readonly<Record<string, Calls>>;
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' });
    const { manager } = stack;
    const session = await manager.createSession('ada', 'acme');
    await stack.parts.mcpClients.add(session.id, CRM, 10);
    await session.files.write('f', Buffer.from('a'));
    const client = await session.getMcpClient('crm');
    const { prompts, limits, reconciler } = manager;
    objects = { manager, session, client, files: session.files, prompts, limits, reconciler };
    calls = callsOf(session.id);
  });
  afterAll(() => stack.close());

  /** What came of it that no caller should have to do with. */
  async function troubleOf(target: object, name: string, args: readonly unknown[]): Promise<unknown> {
    try {
      await (target as Record<string, (...given: readonly unknown[]) => unknown>)[name]?.(...args);
      return undefined;
    } catch (thrown) {
      return isKnownError(thrown) && thrown.code !== 'INTERNAL' ? undefined : thrown;
    }
  }

  const methods = Object.entries(callsOf('')).flatMap(([object, of]) =>
    Object.keys(of).map((name) => [object, name] as const),
  );

  test.each(methods)('%s.%s', async (object, name) => {
    const right = calls[object]?.[name] ?? [];
    const trouble: string[] = [];
    for (const at of right.keys()) {
      const found = NASTY.map(async ([what, nasty]) => {
        const thrown = await troubleOf(objects[object] as object, name, right.with(at, nasty));
        if (thrown !== undefined) trouble.push(`${what} as argument ${at}: ${(thrown as Error).message}`);
      });
      await Promise.all(found);
    }
    expect(trouble).toEqual([]);
  });

  test.each([
    ['no user', 'createSession', [undefined, 'acme'], 'INVALID_USER_ID'],
    ['no organisation', 'createSession', ['ada', Symbol('acme')], 'INVALID_ORG_ID'],
    ['no user', 'listSessions', [{}], 'INVALID_USER_ID'],
    ['no organisation', 'listOrgSessions', [7], 'INVALID_ORG_ID'],
    ['no id', 'getSession', [Symbol('id')], 'SESSION_NOT_FOUND'],
    ['no id', 'cleanupSession', [revoked()], 'SESSION_NOT_FOUND'],
    ['no page', 'listSessions', ['ada', null], 'VALIDATION'],
  ])('of what is %s, %s says so', async (_what, name, args, code) => {
    const { manager } = objects as { manager: Record<string, (...given: unknown[]) => Promise<unknown>> };
    await expect(manager[name]?.(...args)).rejects.toMatchObject({ code });
  });

  test('every public method is among them', () => {
    for (const [object, of] of Object.entries(calls)) {
      const names = new Set<string>();
      for (let at = objects[object] as object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
        for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
          if (typeof value === 'function') names.add(name);
        }
      }
      names.delete('constructor');
      expect([object, [...names].sort()]).toEqual([object, Object.keys(of).sort()]);
    }
  });
});

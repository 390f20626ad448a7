import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { McpConnection, McpConnector } from '../../../lib/mcp-clients/mcp-connector.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { CRM, LIMIT, ROWS } from './looking-inputs.ts';

const connection: McpConnection = {
  state: {
    connectionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
    transport: 'streamable-http',
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'crm', version: '1' },
    capabilities: '{}',
  },
  isSuspect: false,
  isAlive: async () => true,
  listTools: async ({ signal } = {}) => ({ tools: [{ name: String(signal?.aborted) }] }),
  callTool: async (name, args, { signal } = {}) => ({ sent: `${name} ${JSON.stringify(args)} ${signal?.aborted}` }),
  terminate: async () => undefined,
  close: async () => undefined,
};
const mcp: McpConnector = {
  connect: async () => connection,
  look: async () => undefined,
  resume: async () => connection,
};

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

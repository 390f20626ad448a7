import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { McpClientItem } from '../../lib/mcp-clients/mcp-client-store.ts';
import type { SessionHandle } from '../../lib/sessions/session.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const CRM: McpClientItem = {
  clientId: 'crm',
  name: 'crm',
  address: { type: 'http', endpoint: 'https://crm.example/mcp' },
  timeoutMs: 1000,
  connection: {
    connectionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
    transport: 'streamable-http',
    protocolVersion: '2025-06-18',
    serverInfo: { name: 'crm', version: '1' },
    capabilities: '{}',
  },
  connectedAt: '2026-11-22T12:00:00.000Z',
};

type Loose = Record<string, (...args: unknown[]) => unknown>;
const loose = (value: object) => value as unknown as Loose;

/** Sets a field in each way in which one may be set. */
function force(target: object, field: string, value: unknown): void {
  Reflect.set(target, field, value);
  Reflect.defineProperty(target, field, { value, configurable: true });
}

/** All names that can be reached on an object and what it inherits. */
function namesOf(value: object): string[] {
  const names = new Set<string>();
  for (let at = value; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Reflect.ownKeys(at)) names.add(String(name));
  }
  return [...names].sort();
}

describe('what whoever holds a handle can do with it', () => {
  let stack: TestStack;
  let ada: SessionManager;
  let adasId: string;
  let bobsId: string;
  beforeEach(async () => {
    stack = await newStack();
    ada = stack.manager.as({ kind: 'user', userId: 'ada', orgId: 'acme' });
    adasId = (await ada.createSession('ada', 'acme')).id;
    bobsId = (await stack.manager.createSession('bob', 'other')).id;
    for (const id of [adasId, bobsId]) await stack.parts.prompts.put(id, `the prompt of ${id}`);
    for (const id of [adasId, bobsId]) await stack.parts.mcpClients.add(id, CRM, 10);
    await stack.manager.session(bobsId).files.write('a.txt', Buffer.from('bobs'));
    await stack.manager.session(adasId).files.write('a.txt', Buffer.from('adas'));
    stack.audited.length = 0;
  });
  afterEach(() => stack.close());

  const told = () => stack.audited.map(({ event, sessionId }) => `${event} ${sessionId}`);

  test.each(['open', 'recorded', 'mcpClientItem', 'orEnded', 'checkStillThere'])(
    'nobody calls what checks and records: %s is on no public object',
    async (name) => {
      const session = await ada.getSession(adasId);
      const handle = ada.session(bobsId);
      const client = await session.getMcpClient('crm');
      const views = [ada, ada.limits, ada.prompts, ada.reconciler];
      for (const value of [session, handle, handle.files, handle.mcpClient('crm'), client, ...views]) {
        expect(namesOf(value)).not.toContain(name);
      }
    },
  );

  test('nothing that a public object is made of can be reached from it', async () => {
    const session = await ada.getSession(adasId);
    const handle = ada.session(bobsId);
    const { limits, prompts, reconciler } = ada;
    const client = await session.getMcpClient('crm');
    for (const value of [handle, handle.files, handle.mcpClient('crm'), client, limits, prompts, reconciler]) {
      expect(Reflect.ownKeys(value)).toEqual([]);
    }
    expect(Reflect.ownKeys(session)).toEqual(['replayed']);
    expect(Reflect.ownKeys(ada).sort()).toEqual(['limits', 'prompts', 'reconciler']);
    for (const inner of ['create', 'sessionsOf', 'partsOfApplication']) expect(loose(ada)[inner]).toBeUndefined();
  });

  test('an operation of its own neither hides another nor invents one', async () => {
    const handle = loose(ada.session(bobsId));
    await handle.recorded?.('cleanupSession', { userId: 'bob', orgId: 'other' }, async () => undefined);
    await handle.recorded?.('heartbeat', {}, () => ada.cleanupSession(adasId));
    expect(told()).toEqual([]);
  });

  test('a way to open that is put on a handle opens nothing', async () => {
    const bobs = await stack.parts.store.get(bobsId);
    const codes: unknown[] = [];
    const failing = async (step: Promise<unknown>) =>
      codes.push(await step.catch(({ code }: { code: string }) => code));
    for (const name of ['open', 'recorded', 'mcpClientItem', 'orEnded', 'checkStillThere']) {
      const handle = ada.session(bobsId);
      const { files } = handle;
      const client = handle.mcpClient('crm');
      for (const target of [handle, files, client]) force(target, name, async () => bobs);
      await failing(files.read('a.txt'));
      await failing(handle.files.read('a.txt'));
      await failing(handle.getSystemPrompt());
      await failing(handle.listMcpClients());
      await failing(handle.getMcpClient('crm'));
      await failing(client.updateAuth({}));
    }
    expect(new Set(codes)).toEqual(new Set(['SESSION_NOT_FOUND']));
    expect(stack.audited.map(({ result }) => result)).toEqual(codes.map(() => 'refused'));
  });

  const OPERATIONS: readonly [string, (handle: SessionHandle) => Promise<unknown>][] = [
    ['heartbeat', (handle) => handle.heartbeat()],
    ['getSystemPrompt', (handle) => handle.getSystemPrompt()],
    ['updateSystemPrompt', (handle) => handle.updateSystemPrompt('of ada')],
    ['updateMetadata', (handle) => handle.updateMetadata({ of: 'ada' })],
    ['listMcpClients', (handle) => handle.listMcpClients()],
    ['getMcpClient', (handle) => handle.getMcpClient('crm')],
    ['updateAuth', (handle) => handle.mcpClient('crm').updateAuth({})],
    ['removeMcpClient', (handle) => handle.removeMcpClient('crm')],
    ['files.read', (handle) => handle.files.read('a.txt')],
    ['files.write', (handle) => handle.files.write('a.txt', Buffer.from('of ada'))],
  ];

  test.each(OPERATIONS)('an id that is set while %s runs leads to no other session', async (_name, run) => {
    const store = async () => ({
      session: await stack.parts.store.get(bobsId),
      prompt: await stack.parts.prompts.get(bobsId),
      clients: await stack.parts.mcpClients.list(bobsId),
      file: await stack.manager.session(bobsId).files.read('a.txt'),
    });
    const before = await store();
    for (const handle of [ada.session(adasId), await ada.getSession(adasId)]) {
      stack.audited.length = 0;
      const running = run(handle).catch(({ code }: { code: string }) => code);
      force(handle, 'id', bobsId);
      expect(JSON.stringify((await running) ?? null)).not.toContain(bobsId);
      expect(stack.audited.map(({ sessionId }) => sessionId)).toEqual([adasId]);
    }
    expect(await store()).toEqual(before);
  });

  test('the id of a handle cannot be set', () => {
    const handle = ada.session(adasId);
    expect(Reflect.set(handle, 'id', bobsId)).toBe(false);
    expect(handle.id).toBe(adasId);
    const client = handle.mcpClient('crm');
    expect(Reflect.set(client, 'id', 'other')).toBe(false);
    expect(client.id).toBe('crm');
  });
});

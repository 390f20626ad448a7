import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditedOperation } from '../../../lib/api/audit-catalogue.ts';
import { directDoor, handlerDoor } from '../../contracts/doors.ts';
import { serveMcp } from '../../mcp-clients/http-servers.ts';
import { TestClock, newStack, type TestStack } from '../../setup/test-stack.ts';
import { auditedBy, event } from './audited-by.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };

describe('the audit log', () => {
  let stack: TestStack;
  let clock: TestClock;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ MAX_SESSIONS_PER_USER: '2' }, clock);
  });
  afterEach(() => stack.close());

  test('has one event for each operation on sessions that succeeds', async () => {
    const { manager } = stack;
    let id = '';
    const create = async () => (id = (await manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).id);
    expect(await auditedBy(stack, create)).toEqual([event('createSession', { ...ALICE, sessionId: id })]);
    expect(await auditedBy(stack, create)).toEqual([
      event('createSession', { ...ALICE, sessionId: id, replayed: true }),
    ]);
    const known = { ...ALICE, sessionId: id };
    const operations: [AuditedOperation, () => Promise<unknown>, Record<string, unknown>][] = [
      ['getSession', () => manager.getSession(id), known],
      ['heartbeat', () => manager.session(id).heartbeat(), known],
      ['updateSession', () => manager.session(id).updateMetadata({ a: 'b' }), known],
      ['getSystemPrompt', () => manager.session(id).getSystemPrompt(), known],
      ['updateSystemPrompt', () => manager.session(id).updateSystemPrompt('p'), known],
      ['listMcpClients', () => manager.session(id).listMcpClients(), known],
      ['countUserSessions', () => manager.countUserSessions('alice', 'acme'), ALICE],
      ['countAllSessions', () => manager.countAllSessions(), {}],
      ['getUsage', () => manager.getUsage(ALICE), ALICE],
      ['listSessions', () => manager.listSessions('alice', { orgId: 'acme' }), ALICE],
      ['listSessions', () => manager.listOrgSessions('acme'), { orgId: 'acme' }],
      [
        'putLimit',
        () => manager.limits.put({ scope: 'user', ...ALICE }, { limit: 5 }),
        { ...ALICE, limitScope: 'user', limit: 5 },
      ],
      ['getLimit', () => manager.limits.get({ scope: 'org', orgId: 'acme' }), { orgId: 'acme', limitScope: 'org' }],
      ['deleteLimit', () => manager.limits.delete({ scope: 'user', ...ALICE }), { ...ALICE, limitScope: 'user' }],
      ['cleanupInactiveSessions', () => manager.cleanupInactiveSessions(), { cleaned: 0, notCleaned: 0 }],
      ['cleanupSession', () => manager.cleanupSession(id), { ...known, reason: 'requested' }],
    ];
    for (const [name, work, details] of operations) {
      expect(await auditedBy(stack, work)).toEqual([event(name, details)]);
    }
  });

  test('has one event for each operation on MCP clients that succeeds', async () => {
    const server = await serveMcp(({ method }) => ({ result: method === 'tools/list' ? { tools: [] } : { ok: true } }));
    try {
      const session = await stack.manager.createSession('alice', 'acme');
      const config = { id: 'tools', type: 'http' as const, endpoint: server.url };
      const operations: [AuditedOperation, () => Promise<unknown>, object?][] = [
        ['addMcpClient', () => session.addMcpClient(config)],
        ['getMcpClient', () => session.getMcpClient('tools')],
        ['listMcpTools', () => session.mcpClient('tools').listTools()],
        ['callMcpTool', () => session.mcpClient('tools').callTool('echo', {}), { tool: 'echo' }],
        ['removeMcpClient', () => session.removeMcpClient('tools')],
      ];
      for (const [name, work, details] of operations) {
        expect(await auditedBy(stack, work)).toEqual([
          event(name, { ...ALICE, sessionId: session.id, mcpClientId: 'tools', ...details }),
        ]);
      }
    } finally {
      await server.close();
    }
  });

  test('has one event for each session that a sweep ends, and one for the sweep', async () => {
    const ids = [
      (await stack.manager.createSession('alice', 'acme', { inactivitySeconds: 60 })).id,
      (await stack.manager.createSession('alice', 'acme', { inactivitySeconds: 60 })).id,
    ];
    clock.advance({ seconds: 200 });
    const schedule = { actor: { kind: 'schedule' } };
    const events = await auditedBy(stack, () => stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions());
    expect(events.at(-1)).toEqual(event('cleanupInactiveSessions', { ...schedule, cleaned: 2, notCleaned: 0 }));
    const ends = events.slice(0, -1).sort((a, b) => ((a.sessionId as string) < (b.sessionId as string) ? -1 : 1));
    expect(ends).toEqual(
      ids.map((sessionId) =>
        event('cleanupSession', {
          ...ALICE,
          ...schedule,
          sessionId,
          operation: 'cleanupInactiveSessions',
          reason: 'inactive',
        }),
      ),
    );
  });

  test('has one event for a request at a door, with who asked and from where', async () => {
    const doors = { http: handlerDoor(stack), direct: directDoor(stack) };
    const actor = { kind: 'user', ...ALICE };
    const origins = {
      http: { requestId: expect.any(String), sourceIp: '192.0.2.1' },
      direct: { requestId: expect.any(String) },
    };
    for (const door of ['http', 'direct'] as const) {
      const sessionId = (await stack.manager.createSession('alice', 'acme')).id;
      const get = () => doors[door].call('getSession', ALICE, { sessionId });
      expect(await auditedBy(stack, get)).toEqual([
        event('getSession', { ...ALICE, ...origins[door], actor, sessionId }),
      ]);
      const bad = () => doors[door].call('updateSession', ALICE, { sessionId, metadata: { a: 7 } });
      expect(await auditedBy(stack, bad)).toEqual([
        event('updateSession', { ...origins[door], actor, result: 'refused', code: 'VALIDATION' }),
      ]);
      const end = () => doors[door].call('cleanupSession', ALICE, { sessionId });
      expect(await auditedBy(stack, end)).toEqual([
        event('cleanupSession', { ...ALICE, ...origins[door], actor, sessionId, reason: 'requested' }),
      ]);
    }
  });

  test('keeps the events of operations that run at once apart', async () => {
    const users = Array.from({ length: 10 }, (_, index) => `user-${index}`);
    const events = await auditedBy(stack, () =>
      Promise.all(users.map((user) => stack.manager.createSession(user, 'acme'))),
    );
    expect(events.map(({ userId }) => userId).sort()).toEqual(users);
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(users.length);
  });
});

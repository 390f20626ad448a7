import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import getPort from 'get-port';
import { AUDITED_OPERATIONS, EFFECTS, type AuditedOperation } from '../../../lib/api/audit-catalogue.ts';
import { auditEventName } from '../../../lib/telemetry/audit/audit-row.ts';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { AuditLog } from '../../../lib/telemetry/audit/audit-log.ts';
import { outcomeOf } from '../../../lib/telemetry/audit/audit-outcome.ts';
import type { ErrorCode } from '../../../lib/errors.ts';
import type { Caller } from '../../../lib/identity.ts';
import { MAX_PROMPT_BYTES, type PromptComposer } from '../../../lib/prompts/prompt-composer.ts';
import type { SessionManager } from '../../../lib/sessions/session-manager.ts';
import { directDoor, handlerDoor } from '../../contracts/doors.ts';
import { serveMcp } from '../../mcp-clients/http-servers.ts';
import { interpose } from '../../setup/interpose.ts';
import { TestClock, newStack, type TestStack } from '../../setup/test-stack.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';

describe('the audit trail', () => {
  let stack: TestStack;
  let clock: TestClock;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({ MAX_SESSIONS_PER_USER: '2' }, clock);
  });
  afterEach(() => stack.close());

  /** The events that `work` brings about. */
  const auditedBy = async (work: () => Promise<unknown>): Promise<AuditEvent[]> => {
    stack.audited.length = 0;
    await work().catch(() => undefined);
    return [...stack.audited];
  };
  const event = (
    operation: AuditedOperation,
    more: { result?: 'success' | 'refused' | 'failed'; code?: ErrorCode; [field: string]: unknown },
  ) => {
    const { result = 'success', code } = more;
    return {
      event: auditEventName(AUDITED_OPERATIONS[operation], result),
      operation,
      actor: { kind: 'application' },
      durationMs: expect.any(Number),
      ...(code === undefined ? { result } : outcomeOf(code)),
      ...more,
    };
  };

  test('has one event for each operation on sessions that succeeds', async () => {
    const { manager } = stack;
    let id = '';
    const create = async () => (id = (await manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).id);
    expect(await auditedBy(create)).toEqual([event('createSession', { ...ALICE, sessionId: id })]);
    expect(await auditedBy(create)).toEqual([event('createSession', { ...ALICE, sessionId: id, replayed: true })]);
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
      expect(await auditedBy(work)).toEqual([event(name, details)]);
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
        expect(await auditedBy(work)).toEqual([
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
    const events = await auditedBy(() => stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions());
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

  test('has one event for each refusal, with its code and no text', async () => {
    const { manager } = stack;
    const { id } = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await manager.createSession('alice', 'acme');
    const mallory: Caller = { kind: 'user', userId: 'mallory', orgId: 'acme' };
    const asMallory = { actor: mallory };
    const refusals: [
      AuditedOperation,
      (manager: SessionManager) => Promise<unknown>,
      { code: ErrorCode; [field: string]: unknown },
    ][] = [
      ['createSession', (m) => m.createSession('', 'acme'), { code: 'INVALID_USER_ID' }],
      ['createSession', (m) => m.createSession('alice', '\n'), { code: 'INVALID_ORG_ID' }],
      [
        'createSession',
        (m) => m.createSession('alice', 'acme'),
        { ...ALICE, code: 'MAX_SESSIONS_REACHED', limitScope: 'user', limit: 2, active: 2 },
      ],
      [
        'createSession',
        (m) => m.createSession('alice', 'acme', { inactivitySeconds: 1 }),
        { ...ALICE, code: 'VALIDATION' },
      ],
      [
        'createSession',
        (m) => m.createSession('alice', 'acme', { idempotencyKey: 'k', inactivitySeconds: 99 }),
        { ...ALICE, code: 'IDEMPOTENCY_CONFLICT' },
      ],
      [
        'createSession',
        (m) => m.as(mallory).createSession('alice', 'acme'),
        { ...ALICE, ...asMallory, code: 'FORBIDDEN' },
      ],
      ['getSession', (m) => m.getSession(UNKNOWN), { sessionId: UNKNOWN, code: 'SESSION_NOT_FOUND' }],
      ['getSession', (m) => m.getSession('../../etc'), { code: 'SESSION_NOT_FOUND' }],
      ['getSession', (m) => m.as(mallory).getSession(id), { ...asMallory, sessionId: id, code: 'SESSION_NOT_FOUND' }],
      [
        'cleanupSession',
        (m) => m.as(mallory).cleanupSession(id),
        { ...asMallory, sessionId: id, code: 'SESSION_NOT_FOUND' },
      ],
      ['countAllSessions', (m) => m.as(mallory).countAllSessions(), { ...asMallory, code: 'FORBIDDEN' }],
      ['cleanupInactiveSessions', (m) => m.as(mallory).cleanupInactiveSessions(), { ...asMallory, code: 'FORBIDDEN' }],
      [
        'callMcpTool',
        (m) => m.session(id).mcpClient('none').callTool('echo', {}),
        { ...ALICE, sessionId: id, mcpClientId: 'none', tool: 'echo', code: 'MCP_CLIENT_NOT_FOUND' },
      ],
      [
        'addMcpClient',
        (m) => m.session(id).addMcpClient({ id: 'x', type: 'stdio', command: 'sh' }),
        { ...ALICE, sessionId: id, mcpClientId: 'x', code: 'MCP_ENDPOINT_FORBIDDEN' },
      ],
    ];
    for (const [name, work, details] of refusals) {
      expect(await auditedBy(() => work(manager))).toEqual([event(name, { result: 'refused', ...details })]);
    }
  });

  test('has one event for each failure', async () => {
    await mkdir(stack.root, { recursive: true });
    await writeFile(path.join(stack.root, 'alice'), 'in the way');
    expect(await auditedBy(() => stack.manager.createSession('alice', 'acme'))).toEqual([
      event('createSession', {
        ...ALICE,
        event: 'session.ended',
        sessionId: expect.any(String),
        reason: 'workspace-creation-failed',
      }),
      event('createSession', { ...ALICE, result: 'failed', code: 'WORKSPACE_CREATION' }),
    ]);
    await rm(path.join(stack.root, 'alice'));

    const session = await stack.manager.createSession('alice', 'acme');
    const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
    const failed = { ...ALICE, sessionId: session.id, result: 'failed' } as const;
    expect(await auditedBy(() => session.addMcpClient({ id: 'x', type: 'http', endpoint }))).toEqual([
      event('addMcpClient', { ...failed, mcpClientId: 'x', code: 'MCP_CONNECTION' }),
    ]);

    interpose(
      stack.client,
      () => async () => {
        throw new Error('a surprise');
      },
      { step: 'initialize', name: 'surprise' },
    );
    expect(await auditedBy(() => session.getSystemPrompt())).toEqual([
      event('getSystemPrompt', { sessionId: session.id, result: 'failed', code: 'INTERNAL' }),
    ]);
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
      expect(await auditedBy(get)).toEqual([event('getSession', { ...ALICE, ...origins[door], actor, sessionId })]);
      const bad = () => doors[door].call('updateSession', ALICE, { sessionId, metadata: { a: 7 } });
      expect(await auditedBy(bad)).toEqual([
        event('updateSession', { ...origins[door], actor, result: 'refused', code: 'VALIDATION' }),
      ]);
      const end = () => doors[door].call('cleanupSession', ALICE, { sessionId });
      expect(await auditedBy(end)).toEqual([
        event('cleanupSession', { ...ALICE, ...origins[door], actor, sessionId, reason: 'requested' }),
      ]);
    }
  });

  test('keeps the events of operations that run at once apart', async () => {
    const users = Array.from({ length: 10 }, (_, index) => `user-${index}`);
    const events = await auditedBy(() => Promise.all(users.map((user) => stack.manager.createSession(user, 'acme'))));
    expect(events.map(({ userId }) => userId).sort()).toEqual(users);
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(users.length);
  });

  test('is apart for managers that work for each other', async () => {
    const inner: AuditEvent[] = [];
    const outer: AuditEvent[] = [];
    const [one, other] = [outer, inner].map(
      (events) => new AuditLog({ log: (event: AuditEvent) => void events.push(event) }, () => undefined),
    );
    await one?.record(AUDITED_OPERATIONS.createSession, { kind: 'application' }, { userId: 'ada' }, async () => {
      await other?.record(AUDITED_OPERATIONS.cleanupSession, { kind: 'application' }, { userId: 'bob' }, async () => {
        one.note({ orgId: 'acme' });
      });
      await one.record(
        AUDITED_OPERATIONS.getSession,
        { kind: 'application' },
        { sessionId: 'x' },
        async () => undefined,
      );
    });
    expect(inner).toMatchObject([{ operation: 'cleanupSession', userId: 'bob' }]);
    expect(outer).toMatchObject([{ operation: 'createSession', userId: 'ada', orgId: 'acme', sessionId: 'x' }]);
    expect([...inner, ...outer]).toHaveLength(2);
    expect(inner[0]).not.toHaveProperty('orgId');
  });

  test('is written by a logger that gives back whatever it likes, at once or later', async () => {
    const events: AuditEvent[] = [];
    const failures: unknown[] = [];
    const later = { then: (resolve: () => void) => resolve() } as Promise<void>;
    let gives: unknown;
    const given: unknown[] = [undefined, null, 1, 'text', {}, later, Promise.resolve()];
    const log = (event: AuditEvent) => {
      events.push(event);
      return gives as void;
    };
    const audit = new AuditLog({ log }, (thrown) => failures.push(thrown));
    for (const value of given) {
      gives = value;
      await audit.record(AUDITED_OPERATIONS.getSession, { kind: 'application' }, {}, async () => undefined);
    }
    expect([events.length, failures]).toEqual([given.length, []]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('full'))],
  ])('that %s fails no operation', async (_what, log) => {
    const failures: unknown[] = [];
    const audit = new AuditLog({ log }, (thrown) => failures.push(thrown));
    expect(await audit.record(AUDITED_OPERATIONS.getSession, { kind: 'application' }, {}, async () => 'done')).toBe(
      'done',
    );
    expect(failures).toEqual([new Error('full')]);
  });

  // Each manager had a storage of its own, which Node never forgets: a thousand managers later a promise took 60 times as long.
  test('of all managers has one storage for what is running', async () => {
    const run = jest.spyOn(AsyncLocalStorage.prototype, 'run');
    for (let made = 0; made < 3; made++) {
      const audit = new AuditLog({ log: () => undefined }, () => undefined);
      await audit.record(AUDITED_OPERATIONS.getSession, { kind: 'application' }, {}, async () => undefined);
    }
    expect(new Set(run.mock.contexts).size).toBe(1);
    expect(run).toHaveBeenCalledTimes(3);
    run.mockRestore();
  });

  test('waits 2 s at most for a logger that hangs, however many events an operation has, and counts each', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      let failures = 0;
      const audit = new AuditLog({ log: () => new Promise(() => undefined) }, () => void failures++);
      const work = async () => {
        for (let end = 0; end < 100; end++)
          await audit.emit(EFFECTS['session.ended'], { ...ALICE, reason: 'inactive' }, 1);
        return 'done';
      };
      const recorded = audit.record(AUDITED_OPERATIONS.cleanupInactiveSessions, { kind: 'schedule' }, {}, work);
      let outcome = 'waits';
      void recorded.then((result) => (outcome = result));
      await jest.advanceTimersByTimeAsync(1_900);
      expect(outcome).toBe('waits');
      await jest.advanceTimersByTimeAsync(300);
      expect([outcome, failures]).toEqual(['done', 101]);
    } finally {
      jest.useRealTimers();
    }
  });

  describe('with a logger that fails', () => {
    const failing: Record<string, () => never | Promise<never>> = {
      throws: () => {
        throw new Error('no');
      },
      rejects: () => Promise.reject(new Error('no')),
      'throws what is no error': () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what others may do
        throw undefined;
      },
      'never ends': () => new Promise(() => undefined),
    };
    test.each(Object.entries(failing))('does its work and tells its refusals when it %s', async (_how, log) => {
      const session = await stack.manager.createSession('alice', 'acme');
      stack.manager.setAuditLogger({ log });
      const [update, refusal] = await Promise.allSettled([
        session.updateMetadata({ done: 'yes' }),
        stack.manager.getSession(UNKNOWN),
      ]);
      expect(update.status).toBe('fulfilled');
      expect(refusal).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_NOT_FOUND' } });
      stack.manager.setAuditLogger({ log: () => undefined });
      expect((await stack.manager.getSession(session.id)).getSessionInfo().metadata).toEqual({ done: 'yes' });
    });
  });
});

describe('a prompt composer', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  test('is told whom it is for, and what it gives is the prompt', async () => {
    const asked: unknown[] = [];
    stack.manager.setPromptComposer({
      compose: async (request) => {
        asked.push(request);
        return `for ${request.userId}: ${String(request.variables.tone)}`;
      },
    });
    const session = await stack.manager.createSession('alice', 'acme', { promptVariables: { tone: 'kind' } });
    expect(asked).toEqual([{ ...ALICE, sessionId: session.id, variables: { tone: 'kind' } }]);
    expect(await session.getSystemPrompt()).toBe('for alice: kind');
  });

  test('may answer at once', async () => {
    stack.manager.setPromptComposer({
      compose: ({ userId }) => ({ systemPrompt: `for ${userId}`, warnings: ['a layer'] }),
    });
    const session = await stack.manager.createSession('alice', 'acme');
    expect(await session.getSystemPrompt()).toBe('for alice');
    expect(stack.audited[0]).toMatchObject({ result: 'success', warning: 'a layer' });
  });

  test('may give a prompt of exactly 256 KB', async () => {
    const prompt = 'é'.repeat(MAX_PROMPT_BYTES / 2);
    stack.manager.setPromptComposer({ compose: async () => prompt });
    const session = await stack.manager.createSession('alice', 'acme');
    expect(await session.getSystemPrompt()).toBe(prompt);
    expect(stack.audited[0]).not.toHaveProperty('warning');
  });

  const failing: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('SECRET');
    },
    rejects: () => Promise.reject(new Error('SECRET')),
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what others may do
    'rejects with what is no error': () => Promise.reject('SECRET'),
    // What is late is not cancelled: where that throws, nobody would catch it.
    'never ends': () => Object.assign(new Promise(() => undefined), { cancel: failing.throws }),
    'gives a prompt that is too large': () => 'x'.repeat(MAX_PROMPT_BYTES + 1),
    'gives a prompt that has too many bytes': () => 'é'.repeat(MAX_PROMPT_BYTES / 2 + 1),
    'gives what is no text': () => ({ SECRET: true }),
    'gives nothing': () => undefined,
    'gives text that is not well-formed': () => 'SECRET \ud800',
  };
  const thenable = (compose: () => unknown) => {
    const composing = (async () => await compose())();
    return { then: composing.then.bind(composing) };
  };
  const cases = Object.entries(failing).flatMap(([how, compose]): [string, () => unknown][] =>
    how === 'never ends'
      ? [[how, compose]]
      : [
          [`${how} at once`, compose],
          [how, async () => await compose()],
          [`${how} in a promise of another make`, () => thenable(compose)],
        ],
  );
  test.each(cases)('that %s leaves an empty prompt and a warning', async (_how, compose) => {
    stack.manager.setPromptComposer({ compose: compose as PromptComposer['compose'] });
    const session = await stack.manager.createSession('alice', 'acme');
    expect(stack.audited).toEqual([
      expect.objectContaining({ operation: 'createSession', result: 'success', warning: expect.any(String) }),
    ]);
    expect(stack.audited[0]?.warning).not.toContain('SECRET');
    expect(await session.getSystemPrompt()).toBe('');
    expect((await stack.manager.getSession(session.id)).getSessionInfo().status).toBe('active');
  });
});

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import pMap from 'p-map';
import type { UsageReport } from '../../lib/limits/limit.ts';
import type { SessionInfo } from '../../lib/sessions/session.ts';
import { startServer, type LocalServer } from '../local/local-server.ts';
import { ok, type Actor, type Reply } from '../contracts/door.ts';
import { httpDoor } from '../contracts/doors.ts';
import { newDatabase } from '../setup/own-database.ts';
import { isThere } from '../setup/is-there.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { startConflictProxy, type ConflictProxy } from './conflict-proxy.ts';

/** Hundreds of requests at once, on machines that do other things too. */
jest.setTimeout(240_000);

const OPERATOR: Actor = { userId: 'operator', orgId: 'operators', role: 'operator' };

/** Two servers, two processes: what a lock inside one of them would hide shows here. */
class Pair {
  readonly stack: TestStack;
  private readonly servers: LocalServer[];

  private constructor(stack: TestStack, servers: LocalServer[]) {
    this.stack = stack;
    this.servers = servers;
  }

  static async start(env: Record<string, string>): Promise<Pair> {
    const stack = await newStack({ ...newDatabase(), ...env });
    return new Pair(stack, await Promise.all([startServer(stack.env), startServer(stack.env)]));
  }

  door(index: number) {
    return httpDoor((this.servers[index % 2] as LocalServer).url);
  }

  /** All sent at once, in turn to the one and the other. */
  createAll(count: number, actor: (index: number) => Actor, input: Record<string, unknown> = {}): Promise<Reply[]> {
    return Promise.all(
      Array.from({ length: count }, (_, index) => this.door(index).call('createSession', actor(index), input)),
    );
  }

  async usage(actor = OPERATOR): Promise<UsageReport> {
    return ok(this.door(0).call('getUsage', actor, {}));
  }

  async endAll(sessions: SessionInfo[]): Promise<void> {
    await pMap(
      sessions,
      ({ id }, index) => until(() => this.door(index).call('cleanupSession', OPERATOR, { sessionId: id })),
      {
        concurrency: 20,
      },
    );
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.servers.map((server) => server.stop()));
    await this.stack.close();
  }
}

/** As a caller does that is told to come again. */
async function until(call: () => Promise<Reply>): Promise<Reply> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    const reply = await call();
    if (reply.ok || reply.code !== 'CONTENTION') return reply;
  }
  throw new Error('still contended after 20 calls');
}

const created = (replies: Reply[]) => replies.flatMap((reply) => (reply.ok ? [reply.output as SessionInfo] : []));
const refused = (replies: Reply[]) => replies.flatMap((reply) => (reply.ok ? [] : [reply]));

const LEVELS = [
  {
    scope: 'global',
    env: { MAX_SESSIONS: '100' },
    actor: (index: number) => ({ userId: `user-${index % 7}`, orgId: `org-${index % 3}` }),
    active: (report: UsageReport) => report.all?.active,
  },
  {
    scope: 'org',
    env: { MAX_SESSIONS: '0', MAX_SESSIONS_PER_ORG: '100' },
    actor: (index: number) => ({ userId: `user-${index % 7}`, orgId: 'acme' }),
    active: (report: UsageReport) => report.org?.active,
  },
  {
    scope: 'user',
    env: { MAX_SESSIONS: '0', MAX_SESSIONS_PER_USER: '100' },
    actor: () => ({ userId: 'alice', orgId: 'acme' }),
    active: (report: UsageReport) => report.user?.active,
  },
] as const;

describe.each(LEVELS)('two instances at the $scope limit', ({ scope, env, actor, active }) => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start(env);
  });
  afterAll(() => pair?.stop());

  test('300 creates at once give exactly 100 sessions, and 100 more after those have ended', async () => {
    const asker: Actor = { ...actor(0), role: 'operator' };
    for (let round = 1; round <= 2; round++) {
      const replies = await pair.createAll(300, actor);
      const refusals = refused(replies);
      expect(created(replies)).toHaveLength(100);
      expect(refusals).toHaveLength(200);
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ code: 'MAX_SESSIONS_REACHED', details: { scope, limit: 100, active: 100 } });
      }
      expect(active(await pair.usage(asker))).toBe(100);
      await pair.endAll(created(replies));
      expect(active(await pair.usage(asker))).toBe(0);
      expect(await readdir(`${pair.stack.root}/.pending`)).toEqual([]);
    }
  });
});

describe('two instances with conflicts as the service raises them', () => {
  let proxy: ConflictProxy;
  let pair: Pair;
  beforeAll(async () => {
    proxy = await startConflictProxy(process.env.DYNAMODB_ENDPOINT as string);
    pair = await Pair.start({ MAX_SESSIONS: '100', DYNAMODB_ENDPOINT: proxy.endpoint });
  });
  afterAll(async () => {
    await pair?.stop();
    await proxy?.close();
  });

  test('never more than 100, and exactly 100 for callers that come again when told to', async () => {
    const actor = (index: number) => ({ userId: `user-${index}`, orgId: `org-${index % 3}` });
    const replies = await Promise.all(
      Array.from({ length: 150 }, (_, index) => until(() => pair.door(index).call('createSession', actor(index), {}))),
    );
    expect(created(replies)).toHaveLength(100);
    expect(refused(replies).map(({ code }) => code)).toEqual(Array(50).fill('MAX_SESSIONS_REACHED'));
    expect((await pair.usage()).all?.active).toBe(100);
    expect(proxy.conflicts()).toBeGreaterThan(100);
    await pair.endAll(created(replies));
    expect((await pair.usage()).all?.active).toBe(0);
  });
});

describe('two instances and one idempotency key', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ MAX_SESSIONS: '10' });
  });
  afterAll(() => pair?.stop());

  test('50 creates with it at once give one session and take one seat, though the limit fills up meanwhile', async () => {
    const alice: Actor = { userId: 'alice', orgId: 'acme' };
    const first = await ok<SessionInfo>(pair.door(0).call('createSession', alice, { idempotencyKey: 'k' }));
    const [same, others] = await Promise.all([
      pair.createAll(50, () => alice, { idempotencyKey: 'k' }),
      pair.createAll(30, (index) => ({ userId: `user-${index}`, orgId: 'acme' })),
    ]);
    expect(new Set(created(same).map(({ id }) => id))).toEqual(new Set([first.id]));
    expect(created(same)).toHaveLength(50);
    expect(created(others)).toHaveLength(9);
    expect((await pair.usage()).all?.active).toBe(10);
    await pair.endAll([first, ...created(others)]);
  });

  test('50 first creates with a new key at once give one session', async () => {
    const bob: Actor = { userId: 'bob', orgId: 'acme' };
    const same = await pair.createAll(50, () => bob, { idempotencyKey: 'new' });
    expect(new Set(created(same).map(({ id }) => id)).size).toBe(1);
    expect(created(same)).toHaveLength(50);
    expect(same.filter((reply) => reply.ok && reply.existed === false)).toHaveLength(1);
    expect((await pair.usage()).all?.active).toBe(1);
    await pair.endAll(created(same).slice(0, 1));
  });
});

describe('two instances that end one session', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({});
  });
  afterAll(() => pair?.stop());

  test('20 ends at once: it ends once, and nobody is answered before it is gone', async () => {
    const alice: Actor = { userId: 'alice', orgId: 'acme' };
    const stays = await ok<SessionInfo>(pair.door(0).call('createSession', alice, {}));
    const { id: sessionId, workspacePath } = await ok<SessionInfo>(pair.door(0).call('createSession', alice, {}));
    const replies = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const reply = await pair.door(index).call('cleanupSession', alice, { sessionId });
        const after = await pair.door(index).call('getSession', alice, { sessionId });
        return { reply, after, there: await isThere(workspacePath) };
      }),
    );
    for (const { reply, after, there } of replies) {
      expect(reply.ok || reply.code === 'SESSION_NOT_FOUND').toBe(true);
      expect(after).toMatchObject({ code: 'SESSION_NOT_FOUND' });
      expect(there).toBe(false);
    }
    expect(replies.some(({ reply }) => reply.ok)).toBe(true);
    expect((await pair.usage()).all?.active).toBe(1);
    await pair.endAll([stays]);
    expect((await pair.usage()).all?.active).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { noDrift } from '../../lib/telemetry/audit/drift.ts';
import { databasePid } from './data-directory.ts';
import { ask, newDirectory, startServer, type LocalServer, type SessionInfo } from './local-server.ts';

const CALLS = 100;
const AT_ONCE = 12;
/** After how many answers it is killed. */
const MOMENTS = [5, 37, 80];

type Answer = Awaited<ReturnType<typeof ask>>;

const create = (server: LocalServer, index: number, round: number): Promise<Answer> =>
  ask(server, 'POST', '/sessions', {
    body: { metadata: { index: String(index) } },
    headers: { 'idempotency-key': `${round}-${index}` },
  });

/** Every call, those that got no answer as `undefined`; after `after` answers all is killed. */
async function untilKilled(kill: () => Promise<void>, after: number, call: (index: number) => Promise<Answer>) {
  let answers = 0;
  let killed: Promise<void> | undefined;
  const all = await pMap(
    Array.from({ length: CALLS }, (_, index) => index),
    async (index) => {
      try {
        const answer = await call(index);
        if (++answers === after) killed = kill();
        return answer;
      } catch {
        return undefined;
      }
    },
    { concurrency: AT_ONCE },
  );
  await killed;
  expect(all.filter((answer) => answer === undefined).length).toBeGreaterThan(0);
  return all;
}

/** A server that shares a table and a workspace root with the tests, which look at both while it is away. */
describe('a server that is killed with kill -9', () => {
  let stack: TestStack;
  /** Of the rounds before. */
  const kept: string[] = [];
  beforeAll(async () => {
    stack = await newStack({ MAX_SESSIONS: '0' });
  });
  afterAll(() => stack?.close());

  const start = () => startServer({ ...stack.env, LOG_LEVEL: 'ERROR' });
  test.each(MOMENTS)(
    'in the middle of 100 creates and ends, after %i answers, loses and leaves nothing',
    async (after) => {
      const ended: string[] = [];
      const before = await start();
      const first = await untilKilled(
        () => before.kill9(),
        after,
        async (index) => {
          const answer = await create(before, index, after);
          const { id } = answer.body as SessionInfo;
          // Every third is ended again, so that it is killed in the middle of ends too.
          if (index % 3 === 0 && (await ask(before, 'DELETE', `/sessions/${id}`)).status === 204) ended.push(id);
          return answer;
        },
      );
      expect(first.flatMap((answer) => answer?.status ?? []).every((status) => status === 201)).toBe(true);

      const server = await start();
      const repeated = await pMap(first, (_, index) => create(server, index, after), { concurrency: AT_ONCE });
      // 404: its session has ended already, by an end whose answer was lost or not.
      const wrong = repeated.filter(
        ({ status }, index) => ![200, 201, ...(index % 3 === 0 ? [404] : [])].includes(status),
      );
      expect(wrong).toEqual([]);
      const existing = repeated.flatMap(({ status, body }) => (status === 404 ? [] : [(body as SessionInfo).id]));
      expect(new Set(existing).size).toBe(existing.length);
      for (const [index, answer] of first.entries()) {
        const again = repeated[index];
        if (answer && again?.status !== 404)
          expect((again?.body as SessionInfo).id).toBe((answer.body as SessionInfo).id);
      }
      await server.stop();

      const sweep = () => stack.manager.cleanupInactiveSessions();
      const known = { existing: new Set([...existing, ...kept]), undecided: [], ended };
      expect(await violationsAfterSweep(stack, sweep, known)).toEqual([]);
      kept.push(...existing);
    },
  );
});

test('a server that is killed with its own DynamoDB Local goes on with all that it has answered', async () => {
  const env = { LOCAL_DATA_DIR: await newDirectory(), MAX_SESSIONS: '0', LOG_LEVEL: 'ERROR' };
  const before = await startServer(env);
  const kill = async () => {
    process.kill(await databasePid(env.LOCAL_DATA_DIR), 'SIGKILL');
    await before.kill9();
  };
  const first = await untilKilled(kill, 37, (index) => create(before, index, 0));
  // What was under way when the database was gone was not answered with success.
  const created = first.map((answer) => (answer?.status === 201 ? (answer.body as SessionInfo).id : undefined));
  expect(created.filter((id) => id !== undefined).length).toBeGreaterThanOrEqual(30);

  const server = await startServer(env);
  const repeated = await pMap(first, (_, index) => create(server, index, 0), { concurrency: AT_ONCE });
  expect(repeated.filter(({ status }) => ![200, 201].includes(status))).toEqual([]);
  const ids = repeated.map(({ body }) => (body as SessionInfo).id);
  expect(new Set(ids).size).toBe(CALLS);
  expect(created.map((id, index) => id ?? ids[index])).toEqual(ids);
  const asOperator = { headers: { 'x-role': 'operator' }, body: {} };
  expect(await ask(server, 'POST', '/cleanup', asOperator)).toMatchObject({ status: 200, body: { failed: [] } });
  const { status, body } = await ask(server, 'POST', '/reconcile', asOperator);
  expect({ status, drift: (body as { drift: object }).drift }).toEqual({ status: 200, drift: noDrift() });
  expect((await ask(server, 'GET', '/usage')).body).toMatchObject({ user: { active: CALLS } });
  await server.stop();
});

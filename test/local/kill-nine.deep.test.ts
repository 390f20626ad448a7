import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pMap from 'p-map';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { ask, startServer, type LocalServer, type SessionInfo } from './local-server.ts';

const CALLS = 100;
const AT_ONCE = 12;
/** After how many answers it is killed. */
const MOMENTS = [37];

type Answer = Awaited<ReturnType<typeof ask>>;

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
  const key = (index: number, round: number) => ({ 'idempotency-key': `${round}-${index}` });
  const create = (server: LocalServer, index: number, round: number): Promise<Answer> =>
    ask(server, 'POST', '/sessions', { body: { metadata: { index: String(index) } }, headers: key(index, round) });

  /** Every call, those that got no answer as `undefined`; kills the server after `after` answers. */
  async function untilKilled(server: LocalServer, after: number, call: (index: number) => Promise<Answer>) {
    let answers = 0;
    let killed: Promise<void> | undefined;
    const all = await pMap(
      Array.from({ length: CALLS }, (_, index) => index),
      async (index) => {
        try {
          const answer = await call(index);
          if (++answers === after) killed = server.kill9();
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

  test.each(MOMENTS)(
    'in the middle of 100 creates and ends, after %i answers, loses and leaves nothing',
    async (after) => {
      const ended: string[] = [];
      const before = await start();
      const first = await untilKilled(before, after, async (index) => {
        const answer = await create(before, index, after);
        const { id } = answer.body as SessionInfo;
        // Every third is ended again, so that it is killed in the middle of ends too.
        if (index % 3 === 0 && (await ask(before, 'DELETE', `/sessions/${id}`)).status === 204) ended.push(id);
        return answer;
      });
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

import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import getPort from 'get-port';
import { AUDITED_OPERATIONS } from '../../../lib/api/audit-catalogue.ts';
import { lambdaHandler } from '../../../lib/api/lambda-handler.ts';
import { SCHEDULED_EVENT } from '../../../lib/api/scheduled-event.ts';
import { ContentionError, InternalError, WorkspaceCreationError } from '../../../lib/errors.ts';
import { METRICS, SERVICE, type MetricName } from '../../../lib/telemetry/metrics/metric-catalogue.ts';
import { MetricLines } from '../../../lib/telemetry/metrics/metric-lines.ts';
import { lambdaContext } from '../../api/lambda-events.ts';
import { handlerDoor } from '../../contracts/doors.ts';
import { inject } from '../../faults/dynamodb-faults.ts';
import { newStack, TestClock, type TestStack } from '../../setup/test-stack.ts';
import { captureStdout, cataloguedMetrics, identityOf, type SentMetric } from './emf.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';
const NAMESPACE = 'Test-Sessions';
const TOUCH = 60;
const INACTIVITY = 600;

describe('metrics', () => {
  let stack: TestStack;
  let clock: TestClock;
  let stdout: ReturnType<typeof captureStdout>;

  const start = async (env: Record<string, string> = {}) => {
    clock = new TestClock();
    stack = await newStack(
      {
        METRICS_NAMESPACE: NAMESPACE,
        TOUCH_INTERVAL_SECONDS: `${TOUCH}`,
        INACTIVITY_SECONDS: `${INACTIVITY}`,
        ...env,
      },
      clock,
    );
    stdout = captureStdout();
  };
  const stop = async () => {
    stdout.stop();
    await stack.close();
  };

  /** `Name dimension=value`: value, of the metrics that `work` brings about. */
  const sentBy = async (work: () => Promise<unknown>): Promise<SentMetric[]> => {
    stdout.metrics();
    await work().catch(() => undefined);
    return stdout.metrics();
  };
  const inShort = (sent: SentMetric[]): Record<string, number> =>
    Object.fromEntries(
      sent.map(({ name, dimensions, value }) => [identityOf(name, withoutService(dimensions)), value]),
    );
  const durationOf = (result: string) => ({ [`OperationDuration Result=${result}`]: expect.any(Number) });
  const sweep = (signal?: AbortSignal) =>
    stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions(undefined, { ...(signal && { signal }) });

  describe('of operations', () => {
    beforeEach(() => start({ MAX_SESSIONS: '0' }));
    afterEach(stop);

    test('are one line each, as the catalogue says, with the operation beside it', async () => {
      const session = await stack.manager.createSession('alice', 'acme');
      expect(await sentBy(() => session.heartbeat())).toEqual([
        {
          namespace: NAMESPACE,
          name: 'OperationDuration',
          unit: METRICS.OperationDuration.unit,
          dimensions: { service: SERVICE, Result: 'success' },
          value: expect.any(Number),
          properties: { operation: 'heartbeat' },
        },
      ]);
    });

    test('tell success, refusal and failure apart, and failures by their code', async () => {
      const session = await stack.manager.createSession('alice', 'acme');
      const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
      expect(inShort(await sentBy(() => session.getSystemPrompt()))).toEqual(durationOf('success'));
      expect(inShort(await sentBy(() => stack.manager.getSession(UNKNOWN)))).toEqual(durationOf('refused'));
      expect(inShort(await sentBy(() => session.addMcpClient({ id: 'x', type: 'http', endpoint })))).toEqual({
        ...durationOf('failed'),
        'Failures Code=MCP_CONNECTION': 1,
      });
    });

    test('are sent at a door, by the time that it answers', async () => {
      const session = await stack.manager.createSession('alice', 'acme');
      const call = (sessionId: string) => () => handlerDoor(stack).call('getSession', ALICE, { sessionId });
      expect(inShort(await sentBy(call(session.id)))).toEqual(durationOf('success'));
      expect(inShort(await sentBy(call(UNKNOWN)))).toEqual(durationOf('refused'));
    });

    test('that run at once are not mixed up', async () => {
      const create = (index: number) => stack.manager.createSession(`user-${index}`, index < 5 ? 'acme' : '\n');
      const sent = await sentBy(() => Promise.allSettled(Array.from({ length: 10 }, (_, index) => create(index))));
      const results = sent.map(({ dimensions }) => dimensions.Result);
      expect(results.filter((result) => result === 'success')).toHaveLength(5);
      expect(results.filter((result) => result === 'refused')).toHaveLength(5);
      expect(sent).toHaveLength(10);
    });

    test('count an audit logger that fails', async () => {
      const session = await stack.manager.createSession('alice', 'acme');
      stack.manager.setAuditLogger({ log: () => Promise.reject(new Error('no')) });
      expect(inShort(await sentBy(() => session.heartbeat()))).toEqual({
        ...durationOf('success'),
        AuditLoggerFailures: 1,
      });
    });

    test('that cannot be written fail nobody, and the next ones are whole again', async () => {
      const session = await stack.manager.createSession('alice', 'acme');
      stdout.stop();
      stdout = captureStdout(() => {
        throw new Error('EPIPE');
      });
      await session.updateMetadata({ done: 'yes' });
      await expect(stack.manager.getSession(UNKNOWN)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      stdout.stop();
      stdout = captureStdout();
      expect(inShort(await sentBy(() => session.heartbeat()))).toEqual(durationOf('success'));
    });
  });

  describe('of seats', () => {
    beforeEach(() => start({ MAX_SESSIONS: '8', MAX_SESSIONS_PER_ORG: '4', MAX_SESSIONS_PER_USER: '2' }));
    afterEach(stop);

    const create = (userId: string, orgId: string) => () => stack.manager.createSession(userId, orgId);

    // A create read them each time, and so was two requests.
    test('are taken once a minute beside a create, for each scope with a limit, and say whose they are', async () => {
      await create('alice', 'acme')();
      expect(inShort(await sentBy(create('eve', 'other')))).toEqual(durationOf('success'));
      await stack.manager.cleanupSession((await stack.manager.listSessions('eve')).sessions[0]?.id ?? '');
      clock.advance({ seconds: 60 });
      const sent = await sentBy(create('bob', 'acme'));
      expect(inShort(sent)).toEqual({
        ...durationOf('success'),
        SeatsActive: 2,
        'SeatsUsed Scope=global': 25,
        'SeatsUsed Scope=org': 50,
        'SeatsUsed Scope=user': 50,
      });
      const whose = sent.flatMap(({ dimensions: { Scope }, properties }) => (Scope ? [[Scope, properties]] : []));
      expect(Object.fromEntries(whose)).toEqual({
        global: {},
        org: { orgId: 'acme' },
        user: { userId: 'bob', orgId: 'acme' },
      });
    });

    test('are counted by the scope that was full when a create is refused', async () => {
      const refused = async (scope: string, userId: string, orgId: string) => {
        expect(inShort(await sentBy(create(userId, orgId)))).toMatchObject({
          ...durationOf('refused'),
          [`SeatRefusals Scope=${scope}`]: 1,
          [`SeatsUsed Scope=${scope}`]: 100,
        });
      };
      for (const user of ['a', 'a', 'b', 'b']) await create(user, 'acme')();
      await refused('user', 'a', 'acme');
      await refused('org', 'c', 'acme');
      for (const user of ['a', 'a', 'b', 'b']) await create(user, 'other')();
      await refused('global', 'a', 'third');
    });

    test('are taken with each sweep, so that they are known when nobody begins a session', async () => {
      await create('alice', 'acme')();
      expect(inShort(await sentBy(sweep))).toEqual({ SeatsActive: 1, 'SeatsUsed Scope=global': 12.5 });
    });

    test('that cannot be counted, or not in time, hold up no create', async () => {
      const fault = { what: async (): Promise<void> => Promise.reject(new Error('no')) };
      const restore = inject(stack.client, {
        before: (command, input) =>
          command === 'BatchGetItemCommand' && JSON.stringify(input).includes('SEATS#') ? fault.what() : undefined,
      });
      expect(inShort(await sentBy(create('alice', 'acme')))).toEqual(durationOf('success'));
      fault.what = () => new Promise(() => undefined);
      clock.advance({ seconds: 60 });
      const startedAt = performance.now();
      expect(inShort(await sentBy(create('alice', 'acme')))).toEqual(durationOf('success'));
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      restore();
      expect(await stack.manager.countAllSessions()).toBe(2);
      expect(await readdir(path.join(stack.root, 'alice'))).toHaveLength(2);
    });
  });

  /** A directory that cannot be removed, as one is that the file system keeps busy. */
  const leaveInTrash = async () => {
    await mkdir(path.join(stack.root, '.trash', 'busy'), { recursive: true });
    const { workspaces } = stack.parts;
    const remove = workspaces.removeFromTrash.bind(workspaces);
    jest.spyOn(workspaces, 'removeFromTrash').mockImplementation(async (name, signal) => {
      return name !== 'busy' && remove(name, signal);
    });
  };

  describe('of sweeps', () => {
    beforeEach(() => start());
    afterEach(stop);

    test('say how late, how many, and what is left in the trash', async () => {
      const bad = await stack.manager.createSession('alice', 'acme', { inactivitySeconds: 300 });
      await stack.manager.createSession('alice', 'acme');
      await stack.manager.createSession('alice', 'acme', { inactivitySeconds: 60_000 });
      await leaveInTrash();
      clock.advance({ seconds: TOUCH + INACTIVITY + 100 });
      const restore = inject(stack.client, {
        before: (command, input) => {
          if (command === 'TransactWriteItemsCommand' && JSON.stringify(input).includes(bad.id)) throw new Error('no');
        },
      });
      expect(inShort(await sentBy(sweep))).toEqual({
        SweepDuration: expect.any(Number),
        // The first was due 400 s ago: a session's own setting counts, and its touch interval.
        SweepLag: 400,
        SessionsCleaned: 1,
        SessionsNotCleaned: 1,
        TrashBacklog: 1,
        SeatsActive: 2,
        'SeatsUsed Scope=global': 2,
      });
      restore();
    });

    test('count as waiting what a sweep without time leaves in the trash, and how late it left what is due', async () => {
      await stack.manager.createSession('alice', 'acme');
      for (const name of ['a', 'b', 'c']) await mkdir(path.join(stack.root, '.trash', name), { recursive: true });
      clock.advance({ seconds: 3600 });
      const late = inShort(await sentBy(() => sweep(AbortSignal.abort())));
      expect(late).toMatchObject({ TrashBacklog: 3, SweepLag: 3600 - INACTIVITY - TOUCH });
      expect(late).not.toHaveProperty('SessionsCleaned');
      const next = inShort(await sentBy(sweep));
      expect(next).toMatchObject({ SessionsCleaned: 1 });
      expect(next).not.toHaveProperty('TrashBacklog');
    });

    test('know no lateness of what ends by an idle time that was asked for', async () => {
      await stack.manager.createSession('alice', 'acme');
      clock.advance({ seconds: 3600 });
      const sent = inShort(await sentBy(() => stack.manager.cleanupInactiveSessions(1000)));
      expect(sent).toMatchObject({ SessionsCleaned: 1 });
      expect(sent).not.toHaveProperty('SweepLag');
    });

    test('are none when there was nothing to do: an idle stack sends nothing', async () => {
      const session = await stack.manager.createSession('alice', 'acme');
      await stack.manager.cleanupSession(session.id);
      const handler = lambdaHandler('cleanup', () => stack);
      expect(await sentBy(() => handler(SCHEDULED_EVENT, lambdaContext(900_000)))).toEqual([]);
    });

    test('count a run of the schedule that fails', async () => {
      inject(stack.client, {
        before: () => {
          throw new Error('a surprise');
        },
      });
      const handler = lambdaHandler('cleanup', () => stack);
      expect(inShort(await sentBy(() => handler(SCHEDULED_EVENT, lambdaContext(900_000))))).toEqual({
        'Failures Code=INTERNAL': 1,
      });
    });
  });

  test('are those of the catalogue, all of them and no other', async () => {
    await start({ MAX_SESSIONS: '3', MAX_SESSIONS_PER_ORG: '2', MAX_SESSIONS_PER_USER: '1' });
    const all: SentMetric[] = [];
    const run = async (work: () => Promise<unknown>) => void all.push(...(await sentBy(work)));
    const failing = (error: Error) => () =>
      stack.parts.audit.record(AUDITED_OPERATIONS.getSession, { kind: 'operator' }, {}, () => Promise.reject(error));

    const users = ['a acme', 'a acme', 'b acme', 'c acme', 'a other', 'b third'];
    for (const [userId = '', orgId = ''] of users.map((user) => user.split(' '))) {
      await run(() => stack.manager.createSession(userId, orgId));
    }
    await leaveInTrash();
    clock.advance({ seconds: 3600 });
    let failures = 1;
    inject(stack.client, {
      before: (command) => {
        if (command === 'TransactWriteItemsCommand' && failures-- > 0) throw new Error('no');
      },
    });
    await run(sweep);
    const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
    const { id } = await stack.manager.createSession('z', 'zeta');
    await run(() => stack.manager.session(id).addMcpClient({ id: 'x', type: 'http', endpoint }));
    await run(failing(new ContentionError()));
    await run(failing(new InternalError('why')));
    await run(failing(new WorkspaceCreationError()));
    stack.manager.setAuditLogger({ log: () => Promise.reject(new Error('no')) });
    await run(() => stack.manager.countAllSessions());
    await stop();

    expect([...new Set(all.map(({ name, dimensions }) => identityOf(name, dimensions)))].sort()).toEqual(
      [...cataloguedMetrics].sort(),
    );
    for (const { name, unit } of all) expect({ name, unit }).toEqual({ name, unit: METRICS[name as MetricName].unit });
    expect(new Set(all.map(({ namespace }) => namespace))).toEqual(new Set([NAMESPACE]));
  });

  test('that are not asked for are not written, and nothing is read for them', async () => {
    await start({ METRICS_NAMESPACE: '' });
    const commands: string[] = [];
    inject(stack.client, { before: (command) => void commands.push(command) });
    await stack.manager.createSession('alice', 'acme');
    // The layers of its prompt, and the session.
    expect(commands).toEqual(['BatchGetItemCommand', 'TransactWriteItemsCommand']);
    await stack.manager.getSession(UNKNOWN).catch(() => undefined);
    clock.advance({ seconds: 3600 });
    expect((await sweep()).cleaned).toHaveLength(1);
    expect(stdout.lines()).toEqual([]);
    await stop();
  });

  test('that are no numbers are told as a failure, and leave nothing to the next line', () => {
    stdout = captureStdout();
    const failures: unknown[] = [];
    const metrics = new MetricLines({ namespace: NAMESPACE, onFailure: (thrown) => void failures.push(thrown) });
    const event = {
      event: 'session.kept-alive',
      operation: 'heartbeat',
      actor: { kind: 'operator' },
      result: 'success',
    } as const;
    metrics.operationFinished({ ...event, durationMs: undefined as unknown as number }, {});
    metrics.auditLoggerFailed();
    const sent = stdout.metrics();
    stdout.stop();
    expect(failures).toHaveLength(1);
    expect(sent.map(({ name, dimensions, properties }) => ({ name, dimensions, properties }))).toEqual([
      { name: 'AuditLoggerFailures', dimensions: { service: SERVICE }, properties: {} },
    ]);
  });

  test.each([
    ['INFO', {}],
    [undefined, {}],
    ['WARN', { level: 'WARN', timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) }],
    ['FATAL', { level: 'FATAL', timestamp: expect.any(String) }],
  ])('pass a log that takes lines from level %s on', (lambdaLogLevel, properties) => {
    stdout = captureStdout();
    new MetricLines({ namespace: NAMESPACE, lambdaLogLevel }).auditLoggerFailed();
    const sent = stdout.metrics();
    stdout.stop();
    expect(sent.map((metric) => metric.properties)).toEqual([properties]);
  });
});

const withoutService = ({ service, ...others }: Record<string, string>): Record<string, string> => {
  expect(service).toBe(SERVICE);
  return others;
};

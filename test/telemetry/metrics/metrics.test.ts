import { AUDITED_OPERATIONS } from '../../../lib/api/audit-catalogue.ts';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { ContentionError, InternalError, WorkspaceCreationError } from '../../../lib/errors.ts';
import { METRICS, SERVICE, type MetricName } from '../../../lib/telemetry/metrics/metric-catalogue.ts';
import { MetricLines } from '../../../lib/telemetry/metrics/metric-lines.ts';
import { handlerDoor } from '../../contracts/doors.ts';
import { inject } from '../../faults/dynamodb-faults.ts';
import { captureStdout, cataloguedMetrics, identityOf, type SentMetric } from './emf.ts';
import { durationOf, inShort, MeteredStack, NAMESPACE, UNKNOWN } from './metered-stack.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };

describe('metrics', () => {
  let own: MeteredStack;

  describe('of operations', () => {
    beforeEach(async () => {
      own = await MeteredStack.start({ MAX_SESSIONS: '0' });
    });
    afterEach(() => own.stop());

    test('are one line each, as the catalogue says, with the operation beside it', async () => {
      const session = await own.stack.manager.createSession('alice', 'acme');
      expect(await own.sentBy(() => session.heartbeat())).toEqual([
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
      const session = await own.stack.manager.createSession('alice', 'acme');
      const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
      expect(inShort(await own.sentBy(() => session.getSystemPrompt()))).toEqual(durationOf('success'));
      expect(inShort(await own.sentBy(() => own.stack.manager.getSession(UNKNOWN)))).toEqual(durationOf('refused'));
      expect(inShort(await own.sentBy(() => session.addMcpClient({ id: 'x', type: 'http', endpoint })))).toEqual({
        ...durationOf('failed'),
        'Failures Code=MCP_CONNECTION': 1,
      });
    });

    test('are sent at a door, by the time that it answers', async () => {
      const session = await own.stack.manager.createSession('alice', 'acme');
      const call = (sessionId: string) => () => handlerDoor(own.stack).call('getSession', ALICE, { sessionId });
      expect(inShort(await own.sentBy(call(session.id)))).toEqual(durationOf('success'));
      expect(inShort(await own.sentBy(call(UNKNOWN)))).toEqual(durationOf('refused'));
    });

    test('that run at once are not mixed up', async () => {
      const create = (index: number) => own.stack.manager.createSession(`user-${index}`, index < 5 ? 'acme' : '\n');
      const sent = await own.sentBy(() => Promise.allSettled(Array.from({ length: 10 }, (_, index) => create(index))));
      const results = sent.map(({ dimensions }) => dimensions.Result);
      expect(results.filter((result) => result === 'success')).toHaveLength(5);
      expect(results.filter((result) => result === 'refused')).toHaveLength(5);
      expect(sent).toHaveLength(10);
    });

    test('count an audit logger that fails', async () => {
      const session = await own.stack.manager.createSession('alice', 'acme');
      own.stack.manager.setAuditLogger({ log: () => Promise.reject(new Error('no')) });
      expect(inShort(await own.sentBy(() => session.heartbeat()))).toEqual({
        ...durationOf('success'),
        AuditLoggerFailures: 1,
      });
    });

    test('that cannot be written fail nobody, and the next ones are whole again', async () => {
      const session = await own.stack.manager.createSession('alice', 'acme');
      own.stdout.stop();
      own.stdout = captureStdout(() => {
        throw new Error('EPIPE');
      });
      await session.updateMetadata({ done: 'yes' });
      await expect(own.stack.manager.getSession(UNKNOWN)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      own.stdout.stop();
      own.stdout = captureStdout();
      expect(inShort(await own.sentBy(() => session.heartbeat()))).toEqual(durationOf('success'));
    });
  });

  test('are those of the catalogue, all of them and no other', async () => {
    own = await MeteredStack.start({ MAX_SESSIONS: '3', MAX_SESSIONS_PER_ORG: '2', MAX_SESSIONS_PER_USER: '1' });
    const all: SentMetric[] = [];
    const run = async (work: () => Promise<unknown>) => void all.push(...(await own.sentBy(work)));
    const failing = (error: Error) => () =>
      own.stack.parts.audit.record(AUDITED_OPERATIONS.getSession, { kind: 'operator' }, {}, () =>
        Promise.reject(error),
      );

    const users = ['a acme', 'a acme', 'b acme', 'c acme', 'a other', 'b third'];
    for (const [userId = '', orgId = ''] of users.map((user) => user.split(' '))) {
      await run(() => own.stack.manager.createSession(userId, orgId));
    }
    await own.leaveInTrash();
    own.clock.advance({ seconds: 3600 });
    let failures = 1;
    inject(own.stack.client, {
      before: (command) => {
        if (command === 'TransactWriteItemsCommand' && failures-- > 0) throw new Error('no');
      },
    });
    await run(() => own.sweep());
    const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
    const { id } = await own.stack.manager.createSession('z', 'zeta');
    await run(() => own.stack.manager.session(id).addMcpClient({ id: 'x', type: 'http', endpoint }));
    await run(failing(new ContentionError()));
    await run(failing(new InternalError('why')));
    await run(failing(new WorkspaceCreationError()));
    own.stack.manager.setAuditLogger({ log: () => Promise.reject(new Error('no')) });
    await run(() => own.stack.manager.countAllSessions());
    await own.stop();

    expect([...new Set(all.map(({ name, dimensions }) => identityOf(name, dimensions)))].sort()).toEqual(
      [...cataloguedMetrics].sort(),
    );
    for (const { name, unit } of all) expect({ name, unit }).toEqual({ name, unit: METRICS[name as MetricName].unit });
    expect(new Set(all.map(({ namespace }) => namespace))).toEqual(new Set([NAMESPACE]));
  });

  test('that are not asked for are not written, and nothing is read for them', async () => {
    own = await MeteredStack.start({ METRICS_NAMESPACE: '' });
    const commands: string[] = [];
    inject(own.stack.client, { before: (command) => void commands.push(command) });
    await own.stack.manager.createSession('alice', 'acme');
    // The layers of its prompt, and the session.
    expect(commands).toEqual(['BatchGetItemCommand', 'TransactWriteItemsCommand']);
    await own.stack.manager.getSession(UNKNOWN).catch(() => undefined);
    own.clock.advance({ seconds: 3600 });
    expect((await own.sweep()).cleaned).toHaveLength(1);
    expect(own.stdout.lines()).toEqual([]);
    await own.stop();
  });

  test('that are no numbers are told as a failure, and leave nothing to the next line', () => {
    const stdout = captureStdout();
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
    const stdout = captureStdout();
    new MetricLines({ namespace: NAMESPACE, lambdaLogLevel }).auditLoggerFailed();
    const sent = stdout.metrics();
    stdout.stop();
    expect(sent.map((metric) => metric.properties)).toEqual([properties]);
  });
});

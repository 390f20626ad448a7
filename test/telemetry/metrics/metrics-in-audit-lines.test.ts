import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AUDITED_OPERATIONS, auditEventSchemas } from '../../../lib/api/audit-catalogue.ts';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { mcpServices } from '../../../lib/composition/mcp.ts';
import { SERVICE } from '../../../lib/telemetry/metrics/metric-catalogue.ts';
import { createServices } from '../../../lib/composition/api-functions.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { captureStdout, metricsIn } from './emf.ts';

const NAMESPACE = 'Test-Sessions';
const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';

/** A line of the log: the event that it tells, and the metrics that it is. */
interface Told {
  event?: unknown;
  metrics: string[];
}

/** Of the event in a line, without what the line has besides: the logger's own, and what makes it a metric. */
function problemsOf(line: string): unknown[] {
  const { level, message, service, timestamp, _aws, Result, OperationDuration, ...event } = JSON.parse(
    line,
  ) as AuditEvent & Record<string, unknown>;
  for (const member of [level, message, service, timestamp, _aws, Result, OperationDuration]) {
    expect(member).toBeDefined();
  }
  delete event.sampling_rate;
  return auditEventSchemas[event.event].safeParse(event).error?.issues ?? [];
}

describe('the duration of an operation', () => {
  let stack: TestStack;
  let stdout: ReturnType<typeof captureStdout>;

  beforeEach(async () => {
    stack = await newStack({ METRICS_NAMESPACE: NAMESPACE, LOG_LEVEL: 'INFO' });
    stdout = captureStdout();
  });
  afterEach(async () => {
    stdout.stop();
    delete process.env.AWS_LAMBDA_LOG_LEVEL;
    delete process.env.POWERTOOLS_METRICS_DISABLED;
    await stack.close();
  });

  /** As the functions have it, with a log of its own. */
  const servicesWith = (env: Record<string, string> = {}) =>
    createServices({ ...stack.env, ...env }, { mcp: mcpServices });
  const managerWith = (env: Record<string, string> = {}) => servicesWith(env).manager;

  const toldBy = async (work: () => Promise<unknown>): Promise<Told[]> => {
    const before = stdout.lines().length;
    await work().catch(() => undefined);
    return stdout
      .lines()
      .slice(before)
      .map((line) => {
        const { event } = JSON.parse(line) as { event?: unknown };
        const metrics = metricsIn(line).map(({ name, dimensions }) => [name, ...Object.values(dimensions)].join(' '));
        return { ...(event !== undefined && { event }), metrics };
      });
  };

  test('is a metric of its audit event’s own line', async () => {
    const manager = managerWith();
    const { id } = await manager.createSession('alice', 'acme');
    const before = stdout.lines().length;
    await manager.session(id).heartbeat();
    const lines = stdout.lines().slice(before);
    expect(lines).toHaveLength(1);
    expect(problemsOf(lines[0] as string)).toEqual([]);
    const [metric] = metricsIn(lines[0] as string);
    expect(metric).toEqual({
      namespace: NAMESPACE,
      name: 'OperationDuration',
      unit: 'Milliseconds',
      dimensions: { service: SERVICE, Result: 'success' },
      value: metric?.properties.durationMs,
      properties: expect.objectContaining({ message: 'session_audit_event', operation: 'heartbeat', sessionId: id }),
    });
  });

  test('is one for each result, also if they end together', async () => {
    const manager = managerWith();
    const create = (index: number) => manager.createSession(`user-${index}`, index < 5 ? 'acme' : '\n');
    const told = await toldBy(() => Promise.allSettled(Array.from({ length: 10 }, (_, index) => create(index))));
    const of = (event: string) => told.filter((line) => line.event === event).map(({ metrics }) => metrics);
    expect(of('session.created')).toEqual(Array(5).fill([`OperationDuration ${SERVICE} success`]));
    expect(of('session.create-refused')).toEqual(Array(5).fill([`OperationDuration ${SERVICE} refused`]));
  });

  test('leaves the other metrics their lines', async () => {
    const { audit } = servicesWith();
    const failing = () =>
      audit.record(AUDITED_OPERATIONS.getSession, { kind: 'operator' }, {}, () => Promise.reject(new Error('why')));
    expect(await toldBy(failing)).toEqual([
      { metrics: [`Failures ${SERVICE} INTERNAL`] },
      { event: 'session.read-failed', metrics: [`OperationDuration ${SERVICE} failed`] },
    ]);
  });

  test('is none of what the schedule does, nor of what follows from an operation', async () => {
    const manager = managerWith({ INACTIVITY_SECONDS: '60', TOUCH_INTERVAL_SECONDS: '0' });
    await manager.createSession('alice', 'acme');
    const told = await toldBy(() => manager.as({ kind: 'schedule' }).cleanupInactiveSessions(0));
    expect(told.filter(({ event }) => event !== undefined)).toEqual([
      { event: 'session.ended', metrics: [] },
      { event: 'cleanup.run', metrics: [] },
    ]);
  });

  test.each([['INFO'], ['WARN']])('is none where Powertools was told to send none, at level %s', async (LOG_LEVEL) => {
    process.env.POWERTOOLS_METRICS_DISABLED = 'true';
    const told = await toldBy(() => managerWith({ LOG_LEVEL }).getSession(UNKNOWN));
    expect(told).toEqual(LOG_LEVEL === 'INFO' ? [{ event: 'session.read-refused', metrics: [] }] : []);
  });

  test('has a line of its own where a level leaves out the event', async () => {
    const quiet = managerWith({ LOG_LEVEL: 'WARN' });
    expect(await toldBy(() => quiet.getSession(UNKNOWN))).toEqual([
      { metrics: [`OperationDuration ${SERVICE} refused`] },
    ]);
    process.env.AWS_LAMBDA_LOG_LEVEL = 'WARN';
    const dropping = managerWith({ AWS_LAMBDA_LOG_LEVEL: 'WARN', LOG_LEVEL: 'WARN' });
    expect(await toldBy(() => dropping.getSession(UNKNOWN))).toEqual([
      { metrics: [`OperationDuration ${SERVICE} refused`] },
    ]);
  });

  test('has a line of its own where the event goes elsewhere, and the event is no more than an event', async () => {
    const manager = managerWith();
    const events: AuditEvent[] = [];
    manager.setAuditLogger({ log: (event: AuditEvent) => void events.push(event) });
    expect(await toldBy(() => manager.getSession(UNKNOWN))).toEqual([
      { metrics: [`OperationDuration ${SERVICE} refused`] },
    ]);
    expect(events).toEqual([expect.objectContaining({ event: 'session.read-refused' })]);
    expect(events[0]).not.toHaveProperty('OperationDuration');
    expect(events[0]).not.toHaveProperty('_aws');
  });
});

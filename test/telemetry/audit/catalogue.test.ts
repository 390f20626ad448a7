import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { lambdaHandler } from '../../../lib/api/lambda-handler.ts';
import { operations, type OperationName } from '../../../lib/api/operations.ts';
import { routes } from '../../../lib/api/routes.ts';
import { RECONCILE_EVENT, SCHEDULED_EVENT } from '../../../lib/api/scheduled-event.ts';
import { streamHandler } from '../../../lib/api/stream-handler.ts';
import {
  AUDITED_OPERATIONS,
  auditEventSchemas,
  EFFECTS,
  type AuditEvent,
  type AuditEventName,
} from '../../../lib/api/audit-catalogue.ts';
import { outcomeOf, REFUSAL_KINDS } from '../../../lib/telemetry/audit/audit-outcome.ts';
import type { ErrorCode } from '../../../lib/errors.ts';
import { efsAccessPoints } from '../../../lib/workspaces/access-points/efs-access-points.ts';
import { changesOf, PLACE } from '../../workspaces/access-points/access-stack.ts';
import { EfsServer, FILE_SYSTEM } from '../../workspaces/access-points/efs-server.ts';
import { directDoor, handlerDoor, httpDoor, lambdaClientDoor } from '../../contracts/doors.ts';
import { atFirst, failEvery, inject } from '../../faults/dynamodb-faults.ts';
import { startServer, type LocalServer } from '../../local/local-server.ts';
import { startEverythingServer, type EverythingServer } from '../../mcp-clients/everything-server.ts';
import { newStack, TestClock, type TestStack } from '../../setup/test-stack.ts';
import { audited, CANARY, Walk } from './walk.ts';
import { eventsInLog, expectValid, newUser, walk } from './walked-events.ts';

const LIMITS = { MAX_SESSIONS_PER_USER: '2' };
const schemaNames = Object.keys(auditEventSchemas).sort() as AuditEventName[];

/** Beside the event of a request: what followed from it, and what the schedule does. */
const isOfRequest = ({ event, operation, actor }: AuditEvent) =>
  actor.kind !== 'schedule' && (!(event in EFFECTS) || (event === 'session.ended' && operation === 'cleanupSession'));

describe('the audit catalogue', () => {
  const clock = new TestClock();
  const seen = new Set<AuditEventName>();
  const codes = new Set<ErrorCode>();
  let efs: EfsServer;
  let stack: TestStack;
  let server: LocalServer;
  let served: TestStack;
  let mcp: EverythingServer;
  beforeAll(async () => {
    efs = await EfsServer.start();
    stack = await newStack(LIMITS, clock, { accessPoints: efsAccessPoints(PLACE, efs.settings) });
    served = await newStack(LIMITS);
    [server, mcp] = await Promise.all([startServer({ ...served.env, LOG_LEVEL: 'INFO' }), startEverythingServer()]);
  });
  afterAll(async () => {
    await Promise.allSettled([server?.stop(), mcp?.stop(), efs?.stop()]);
    await stack?.close();
    await served?.close();
  });

  const context = () => ({ awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 60_000 }) as unknown as Context;
  /** The events of `work`, all of them valid. */
  const eventsOf = async (work: () => Promise<unknown>): Promise<AuditEvent[]> => {
    stack.audited.length = 0;
    await work();
    const events = [...stack.audited];
    expectValid(events);
    for (const { event } of events) seen.add(event);
    return events;
  };
  const see = (route: Walk) => {
    for (const code of route.codes) codes.add(code);
  };

  test('has a row for each operation that needs a caller', () => {
    const rows = Object.keys(AUDITED_OPERATIONS).filter(
      (name) => !['checkWorkspaceAccess', 'readRequest'].includes(name),
    );
    expect(rows.sort()).toEqual((Object.keys(operations) as OperationName[]).filter(audited).sort());
  });

  test.each(['API Gateway events', 'direct invocations'])('is what %s leave', async (which) => {
    const isHttp = which === 'API Gateway events';
    const route = new Walk(isHttp ? handlerDoor(stack) : directDoor(stack), mcp.url, isHttp);
    const events = await eventsOf(() => walk(route, []));
    expect(events.filter(isOfRequest).map(({ event }) => event)).toEqual(route.expected);
    for (const { requestId, sourceIp } of events.filter(isOfRequest)) {
      expect([typeof requestId, sourceIp]).toEqual(['string', isHttp ? '192.0.2.1' : undefined]);
    }
    see(route);
  });

  test('is what one machine leaves, in its log', async () => {
    const walks = [
      new Walk(httpDoor(server.url), mcp.url, true),
      new Walk(lambdaClientDoor(server.url), mcp.url, false),
    ];
    for (const route of walks) {
      await walk(route, ['grantWorkspaceAccess', 'revokeWorkspaceAccess']);
      see(route);
    }
    const { headers } = await fetch(`${server.url}/usage`, { headers: { authorization: CANARY } });
    expect(headers.get('content-type')).toContain('problem');
    walks[1]?.note('getUsage', { ok: false, code: 'UNAUTHORIZED' });
    await server.stop();
    const events = eventsInLog(server.output());
    expectValid(events);
    const asked = events.filter(isOfRequest);
    expect(asked.map(({ event }) => event)).toEqual(walks.flatMap(({ expected }) => expected));
    expect(asked[0]?.sourceIp).toBe('127.0.0.1');
    expect(asked.at(-1)).toMatchObject({ actor: { kind: 'unknown' }, code: 'UNAUTHORIZED', refusal: 'unauthorized' });
    codes.add('UNAUTHORIZED');
    expect(server.output()).not.toContain(CANARY);
  });

  test('has requests that name no operation', async () => {
    const handler = lambdaHandler('records', () => stack);
    const bad = [undefined, {}, { operation: 7 }, { operation: CANARY }, { operation: 'createSession' }, CANARY];
    for (const event of bad) {
      expect(await eventsOf(() => handler(event, context()))).toEqual([
        expect.objectContaining({ event: 'request.read-refused', code: 'VALIDATION', actor: { kind: 'unknown' } }),
      ]);
    }
    const elsewhere = {
      version: '2.0',
      routeKey: 'POST /sessions',
      headers: {},
      isBase64Encoded: false,
      requestContext: { requestId: randomUUID(), http: { method: 'POST', sourceIp: '192.0.2.1' } },
    };
    expect(await eventsOf(() => handler(elsewhere, context()))).toEqual([
      expect.objectContaining({ event: 'request.read-failed', code: 'INTERNAL', sourceIp: '192.0.2.1' }),
    ]);
  });

  test('has what the schedule and the table’s stream bring about, and each reason of an end', async () => {
    const { manager, parts } = stack;
    const owner = newUser('owner');
    const create = () => manager.createSession(owner.userId, owner.orgId, { inactivitySeconds: 60 });
    const [idle, interrupted] = [await create(), await create()];
    await idle.grantWorkspaceAccess();
    await idle.addMcpClient({ id: 'tools', type: 'http', endpoint: mcp.url });
    clock.advance({ seconds: 3_600 });
    await parts.store.claimEnd(interrupted.id, 'requested');
    const swept = await eventsOf(() => lambdaHandler('cleanup', () => stack)(SCHEDULED_EVENT, context()));
    expect(swept.at(-1)).toMatchObject({ event: 'cleanup.run', actor: { kind: 'schedule' } });
    const ends = swept.filter(({ event }) => event === 'session.ended');
    expect(ends).toContainEqual(
      expect.objectContaining({ sessionId: idle.id, reason: 'inactive', actor: { kind: 'schedule' } }),
    );
    expect(ends).toContainEqual(
      expect.objectContaining({ sessionId: interrupted.id, reason: 'resumed', resumedReason: 'requested' }),
    );

    const joined = await create();
    const faster = async () => void (await parts.ending.end(joined.id, 'requested'));
    const restore = inject(stack.client, { before: atFirst(1, 'TransactWriteItemsCommand', faster) });
    expect(await eventsOf(() => manager.cleanupSession(joined.id))).toMatchObject([
      { event: 'session.end-joined', operation: 'cleanupSession', reason: 'requested', sessionId: joined.id },
    ]);
    restore();

    const directory = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
    const Records = await changesOf(stack, directory);
    const followed = await eventsOf(() => streamHandler(() => stack)({ Records }));
    await rm(directory, { recursive: true });
    const service = { actor: { kind: 'service' }, operation: 'sessionEvents', sessionId: idle.id };
    expect(followed).toContainEqual(expect.objectContaining({ ...service, event: 'access-point.removed' }));
    expect(followed).toContainEqual(expect.objectContaining({ ...service, event: 'mcp-session.ended', attempts: 1 }));

    await mkdir(stack.root, { recursive: true });
    await writeFile(path.join(stack.root, 'late'), 'in the way');
    const taken = await eventsOf(() => manager.createSession('late', 'acme').catch(() => undefined));
    expect(taken.map(({ event, reason }) => [event, reason])).toEqual([
      ['session.ended', 'workspace-creation-failed'],
      ['session.create-failed', undefined],
    ]);
  });

  test('has the daily check of access points', async () => {
    const check = lambdaHandler('access', () => stack);
    const ended = randomUUID();
    efs.put({
      ClientToken: `${ended}-0`,
      RootDirectory: { Path: `/workspaces/ada/${ended}` },
      Tags: Object.entries({
        session: ended,
        'file-system': FILE_SYSTEM,
        'made-at': clock.now().toISOString(),
      }).map(([Key, Value]) => ({ Key: `session-manager:${Key}`, Value })),
    });
    clock.advance({ seconds: 3_600 });
    const broken = failEvery(stack.client);
    expect(await eventsOf(() => check(SCHEDULED_EVENT, context()).catch(() => undefined))).toMatchObject([
      { event: 'workspace-access.check-failed', code: 'INTERNAL' },
    ]);
    broken();
    expect(await eventsOf(() => check(SCHEDULED_EVENT, context()))).toMatchObject([
      { event: 'access-point.removed', actor: { kind: 'schedule' }, operation: 'checkWorkspaceAccess' },
      { event: 'workspace-access.checked', actor: { kind: 'schedule' }, cleaned: 1, notCleaned: 0 },
    ]);
    const without = await newStack();
    await lambdaHandler('access', () => without)(SCHEDULED_EVENT, context()).catch(() => undefined);
    expectValid(without.audited);
    expect(without.audited.map(({ event, code }) => [event, code])).toEqual([
      ['workspace-access.check-refused', 'NOT_AVAILABLE'],
    ]);
    seen.add('workspace-access.check-refused');
    await without.close();
  });

  test('has what a reconcile finds', async () => {
    const { id } = await stack.manager.createSession('ada', 'acme');
    await rm((await stack.manager.getSession(id)).getWorkspacePath(), { recursive: true });
    const events = await eventsOf(() => lambdaHandler('cleanup', () => stack)(RECONCILE_EVENT, context()));
    expect(events).toMatchObject([
      { event: 'drift.found', actor: { kind: 'schedule' }, driftKind: 'missing-directory', sessionId: id },
      { event: 'reconcile.run', actor: { kind: 'schedule' }, drift: 1, repaired: 0 },
    ]);
    await stack.manager.cleanupSession(id);
  });

  test('has the failure of each operation', async () => {
    const mend = failEvery(stack.client);
    const route = new Walk(directDoor(stack), mcp.url, false);
    const events = await eventsOf(() => route.everything({ ...newUser('ops'), role: 'operator' }));
    mend();
    expect(events.filter(isOfRequest).map(({ event }) => event)).toEqual(route.expected);
    expect(events.filter(({ result }) => result !== 'failed')).toEqual([]);
  });

  // The last one: it looks at what all others have seen.
  test('has nothing that never happens', () => {
    expect([...seen].sort()).toEqual(schemaNames);
    const kinds = new Set(
      [...codes].map(outcomeOf).flatMap((outcome) => ('refusal' in outcome ? [outcome.refusal] : [])),
    );
    expect([...kinds].sort()).toEqual(REFUSAL_KINDS.toSorted());
  });

  test('is walked at every door: each operation has a route, or is only invoked', () => {
    const withoutRoute = (Object.keys(operations) as OperationName[]).filter(
      (name) => !routes.some(({ operation }) => operation === name),
    );
    expect(withoutRoute).toEqual(['countUserSessions', 'countAllSessions']);
  });
});

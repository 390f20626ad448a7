import { createdInPlaceOfExpired } from './lambda/expired-session.ts';
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { ApiFunction } from '../../lib/operations/operation.ts';
import { describeApi } from '../../lib/api/openapi/describe-api.ts';
import { RECONCILE_EVENT, SCHEDULED_EVENT } from '../../lib/api/scheduled-event.ts';
import { metricsIn } from '../telemetry/metrics/emf.ts';
import { Deployment } from './lambda/deployment.ts';
import { leaveAccessPoint, loseFromList } from './lambda/left-behind.ts';
import { bodyOf, created, http, START_MS, type SessionInfo } from './lambda/deployed-api.ts';
import { BUS, testStream } from './bundled-stream.ts';

/** Idle at once, so that a sweep has something to do. */
const AT_ONCE = { inactivitySeconds: 1, touchIntervalSeconds: 0 };

describe('the bundles, behind a Lambda Runtime API, for signed requests', () => {
  const alice = { 'x-user-id': 'J%C3%BCrgen%20%2F%20A', 'x-org-id': 'acme' };
  let deployment: Deployment;
  let session: SessionInfo;

  beforeAll(async () => {
    deployment = await Deployment.start({ ...AT_ONCE, ...BUS });
  }, START_MS);
  afterAll(() => deployment.stop());

  test('lifecycle creates a session from a body in base64', async () => {
    const answer = await http(deployment, 'lifecycle', 'POST /sessions', {
      headers: { ...alice, 'idempotency-key': 'once' },
      body: { metadata: { job: 'nightly' } },
    });
    expect(answer.statusCode).toBe(201);
    session = bodyOf<SessionInfo>(answer);
    expect(answer.headers?.Location ?? answer.headers?.location).toBe(`/sessions/${session.id}`);
    expect(session).toMatchObject({ userId: 'Jürgen / A', orgId: 'acme', metadata: { job: 'nightly' } });
    expect(session.workspacePath.startsWith(`${deployment.workspaceRoot}/`)).toBe(true);
    expect((await stat(session.workspacePath)).mode & 0o777).toBe(0o700);
  });

  test('records describes the API', async () => {
    const answer = await http(deployment, 'records', 'GET /openapi.json', {});
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toEqual(JSON.parse(JSON.stringify(await describeApi())));
  });

  test('records finds it, and tells the path that lifecycle told', async () => {
    const answer = await http(deployment, 'records', 'GET /sessions/{sessionId}', {
      path: { sessionId: session.id },
      headers: alice,
    });
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ id: session.id, workspacePath: session.workspacePath });
  });

  test.each(['ü / ?', '../../etc', '{sessionId}'])('a decoded path with %j names no session', async (sessionId) => {
    const request = { path: { sessionId }, headers: alice };
    const answer = await http(deployment, 'records', 'GET /sessions/{sessionId}', request);
    expect(answer).toMatchObject({ statusCode: 404 });
    expect(bodyOf(answer)).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('records does everything that its row allows', async () => {
    const one = { path: { sessionId: session.id }, headers: alice };
    const put = { ...one, body: { systemPrompt: 'Be brief.' } };
    const { statusCode } = await http(deployment, 'records', 'PUT /sessions/{sessionId}/system-prompt', put);
    expect(statusCode).toBe(200);
    expect(bodyOf(await http(deployment, 'records', 'GET /sessions/{sessionId}/system-prompt', one))).toEqual({
      systemPrompt: 'Be brief.',
    });
    const admin = { ...alice, 'x-role': 'admin' };
    for (const query of [{ limit: '10' }, { scope: 'org' }] as Record<string, string>[]) {
      const { sessions } = bodyOf<{ sessions: SessionInfo[] }>(
        await http(deployment, 'records', 'GET /sessions', { headers: admin, query }),
      );
      expect(sessions.map(({ id }) => id)).toEqual([session.id]);
    }
    const usage = await http(deployment, 'records', 'GET /usage', { headers: alice });
    expect(bodyOf(usage)).toMatchObject({ user: { active: 1 } });
  });

  test('records spreads a limit over items and takes it away again', async () => {
    const limit = { path: { scope: 'org' }, query: { orgId: 'acme' }, headers: { ...alice, 'x-role': 'operator' } };
    const put = await http(deployment, 'records', 'PUT /limits/{scope}', { ...limit, body: { limit: 9, items: 2 } });
    expect(bodyOf(put)).toMatchObject({ limit: 9, active: 1, items: 2 });
    expect((await http(deployment, 'records', 'DELETE /limits/{scope}', limit)).statusCode).toBe(204);
  });

  test.each(['user', 'org'])('lifecycle ends an expired session in the way of a create, of its %s', async (scope) => {
    expect(await createdInPlaceOfExpired(deployment, scope)).toBe(404);
  });

  test('records answers another Lambda, and says which function has what it has not', async () => {
    const { instance } = deployment.of('records');
    expect(await instance.invoke({ operation: 'getSession', input: { sessionId: session.id } })).toMatchObject({
      answer: { ok: true, output: { id: session.id } },
    });
    expect(await instance.invoke({ operation: 'createSession', input: {} })).toMatchObject({
      answer: { ok: false, error: { code: 'VALIDATION' } },
    });
  });

  test('workspace writes, reads and measures files, as bytes and in base64', async () => {
    const { instance } = deployment.of('workspace');
    const file = { sessionId: session.id, path: 'notes/ä b.bin' };
    const content = Buffer.from([0, 255, 10]).toString('base64');
    const written = await instance.invoke({ operation: 'writeFile', input: { ...file, content } });
    expect(written).toMatchObject({ answer: { ok: true, output: { size: 3 } } });
    const read = await http(deployment, 'workspace', 'GET /sessions/{sessionId}/files', {
      path: { sessionId: session.id },
      query: { path: file.path },
      headers: { ...alice, range: 'bytes=1-' },
    });
    expect(read).toMatchObject({
      statusCode: 206,
      isBase64Encoded: true,
      body: Buffer.from([255, 10]).toString('base64'),
      headers: { 'content-range': 'bytes 1-2/3' },
    });
    const usage = await instance.invoke({ operation: 'getWorkspaceUsage', input: { sessionId: session.id } });
    expect(usage).toMatchObject({ answer: { ok: true, output: { bytes: 3, files: 1, complete: true } } });
  });

  test('mcp says what is wrong with a server on the machine that it runs on', async () => {
    const answer = await http(deployment, 'mcp', 'POST /sessions/{sessionId}/mcp-clients', {
      path: { sessionId: session.id },
      headers: alice,
      body: { id: 'nobody', type: 'http', endpoint: 'http://127.0.0.1:9/mcp' },
    });
    expect(answer.statusCode).toBe(400);
    expect(bodyOf(answer)).toMatchObject({ code: 'MCP_ENDPOINT_FORBIDDEN' });
    const clients = await http(deployment, 'mcp', 'GET /sessions/{sessionId}/mcp-clients', {
      path: { sessionId: session.id },
      headers: alice,
    });
    expect(bodyOf(clients)).toEqual({ mcpClients: [] });
  });

  test('access makes an access point by the EFS API, at the directory that lifecycle made', async () => {
    const one = { path: { sessionId: session.id }, headers: alice };
    const granted = await http(deployment, 'access', 'POST /sessions/{sessionId}/workspace-access', one);
    expect(granted.statusCode).toBe(201);
    const { accessPointId } = bodyOf<{ accessPointId: string }>(granted);
    expect([...deployment.efs.points.keys()]).toEqual([accessPointId]);
    expect(deployment.efs.points.get(accessPointId)?.RootDirectory).toEqual({
      Path: `/workspaces/${path.relative(deployment.workspaceRoot, session.workspacePath)}`,
    });
    const revoked = await http(deployment, 'access', 'DELETE /sessions/{sessionId}/workspace-access', one);
    expect(revoked.statusCode).toBe(204);
    expect(deployment.efs.points.size).toBe(0);
  });

  test('access removes what is left over when the schedule calls', async () => {
    const left = leaveAccessPoint(deployment);
    const outcome = await deployment.of('access').instance.invoke(SCHEDULED_EVENT);
    expect(outcome).toEqual({ answer: { removed: [left], failed: [], more: false } });
  });

  test('lifecycle ends it, directory and all', async () => {
    const end = { path: { sessionId: session.id }, headers: alice };
    expect((await http(deployment, 'lifecycle', 'DELETE /sessions/{sessionId}', end)).statusCode).toBe(204);
    expect(existsSync(session.workspacePath)).toBe(false);
    expect((await http(deployment, 'lifecycle', 'DELETE /sessions/{sessionId}', end)).statusCode).toBe(404);
  });

  test('cleanup does what the schedule asks of it', async () => {
    const ended = await created(deployment, { userId: 'bob' });
    // Not due: its workspace is measured.
    await created(deployment, { userId: 'bob', inactivitySeconds: 3600 });
    const crashed = uuidv7();
    await mkdir(path.join(deployment.workspaceRoot, '.pending', crashed));
    await sleep(1_200);
    const outcome = await deployment.of('cleanup').instance.invoke(SCHEDULED_EVENT);
    expect(outcome).toEqual({ answer: { cleaned: [ended.id], failed: [], more: false } });
    expect(existsSync(ended.workspacePath)).toBe(false);
  });

  test('what happened is in metrics, as lines that CloudWatch takes', () => {
    const sentBy = (group: ApiFunction) => {
      const sent = deployment.of(group).instance.log.split('\n').flatMap(metricsIn);
      return [...new Set(sent.map(({ namespace, name }) => `${namespace} ${name}`))].sort();
    };
    const seats = ['SessionManager SeatsActive', 'SessionManager SeatsUsed'];
    expect(sentBy('lifecycle')).toEqual(['SessionManager OperationDuration', ...seats]);
    expect(sentBy('records')).toEqual(['SessionManager OperationDuration']);
    expect(sentBy('mcp')).toContain('SessionManager OperationDuration');
    expect(sentBy('cleanup')).toEqual(
      expect.arrayContaining(['SessionManager SessionsCleaned', 'SessionManager SweepDuration']),
    );
  });

  test('cleanup puts right what was damaged', async () => {
    const { instance } = deployment.of('cleanup');
    const { id } = await created(deployment, { userId: 'bob', inactivitySeconds: 3600 });
    await loseFromList(deployment, { userId: 'bob', orgId: 'acme' }, id);
    const found = { drift: { 'missing-entry': 1 }, more: false };
    expect(await instance.invoke(RECONCILE_EVENT)).toMatchObject({ answer: { ...found, repaired: 0 } });
    const repair = { operation: 'reconcile', input: { repair: true } };
    expect(await instance.invoke(repair)).toMatchObject({ answer: { output: { ...found, repaired: 1 } } });
  });

  test('cleanup ends those of an organisation for its admin', async () => {
    const headers = { ...alice, 'x-role': 'admin' };
    expect(
      bodyOf(await http(deployment, 'cleanup', 'POST /cleanup', { headers, body: { inactiveForSeconds: 60 } })),
    ).toEqual({
      cleaned: [],
      failed: [],
      more: false,
    });
  });

  test('a run that fails throws, and the same process takes the next event', async () => {
    const { instance, gate } = deployment.of('cleanup');
    gate.refuseNext = true;
    const failed = await instance.invoke(SCHEDULED_EVENT);
    expect(failed).toMatchObject({ error: { errorType: 'InternalError' } });
    expect(await instance.invoke(SCHEDULED_EVENT)).toEqual({ answer: { cleaned: [], failed: [], more: false } });
  });

  test('an answer to a caller has nothing of a failure but its code; the log has its cause', async () => {
    const { instance, gate } = deployment.of('records');
    gate.refuseNext = true;
    const answer = await http(deployment, 'records', 'GET /usage', { headers: alice });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toMatch(/AccessDenied|not allowed/);
    const lines = instance.log.split('\n').filter((line) => line.includes('operation_failed'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ level: 'ERROR', message: 'operation_failed' });
    expect(lines[0]).toContain('AccessDenied');
    expect(lines[0]).toMatch(/at .*\/protocols\/RpcProtocol\.js:\d+:\d+/);
  });

  test.each(['lifecycle', 'workspace', 'records', 'access', 'cleanup'] as const)(
    '%s used all that it was granted and missed nothing',
    (group) => {
      const { gate, granted } = deployment.of(group);
      expect([...gate.refused]).toEqual([]);
      expect([...gate.used].sort()).toEqual([...granted].sort());
    },
  );

  testStream(() => deployment);

  test('mcp missed nothing', () => {
    expect([...deployment.of('mcp').gate.refused]).toEqual([]);
  });
});

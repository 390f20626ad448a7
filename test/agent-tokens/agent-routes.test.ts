import { describe, expect, test } from '@jest/globals';
import { operations } from '../../lib/api/operations.ts';
import { agentRoutes, routeKey, routes, servedRoutes } from '../../lib/api/routes.ts';
import { AGENT_SCOPES } from '../../lib/identity.ts';
import { parsed, send } from '../api/lambda-events.ts';
import { agentStage, OPERATOR, OWNER, queryOf } from './agent-stage.ts';

/** From the contract: each route of agents, and the scope that it needs. */
const CONTRACT = {
  'GET /agent/session': undefined,
  'POST /agent/heartbeat': 'heartbeat',
  'GET /agent/system-prompt': 'prompt:read',
  'GET /agent/files': 'files:read',
  'HEAD /agent/files': 'files:read',
  'GET /agent/directories': 'files:read',
  'PUT /agent/files': 'files:write',
  'DELETE /agent/files': 'files:write',
  'PUT /agent/directories': 'files:write',
  'DELETE /agent/directories': 'files:write',
  'POST /agent/file-moves': 'files:write',
  'POST /agent/file-copies': 'files:write',
} as const;
describe('the routes of agents', () => {
  const stage = agentStage();

  test('are those of the contract, with HEAD wherever there is GET', () => {
    const needs = agentRoutes.map((route) => [routeKey(route), route.agent === 'any' ? undefined : route.agent]);
    expect(Object.fromEntries(needs)).toEqual(CONTRACT);
    const served = servedRoutes.filter(({ from }) => from === 'agent').map(routeKey);
    const heads = Object.keys(CONTRACT).flatMap((key) => (key.startsWith('GET ') ? [key.replace('GET', 'HEAD')] : []));
    expect(new Set(served)).toEqual(new Set([...Object.keys(CONTRACT), ...heads]));
    expect(served.filter((key) => key.includes('{'))).toEqual([]);
  });

  test('and all others say where their caller comes from, as their operations do', () => {
    for (const { operation, from } of routes) {
      expect([operation, from]).toEqual([operation, operations[operation].access === 'anyone' ? 'open' : 'caller']);
    }
    expect(servedRoutes.filter(({ path, from }) => path.startsWith('/agent/') !== (from === 'agent'))).toEqual([]);
  });

  test('answer what those of the session’s owner answer', async () => {
    await stage.session.updateSystemPrompt('Be brief.');
    for (const [key, route] of agentRoutes.map((one) => [routeKey(one), one] as const)) {
      if (!['GET', 'HEAD'].includes(route.method)) continue;
      const ofOwner = routes.find(({ operation }) => operation === route.operation);
      const parts = { headers: OWNER, pathParameters: { sessionId: stage.session.id } };
      const expected = await stage.ask(routeKey(ofOwner ?? route), undefined, {
        ...parts,
        ...(queryOf(key) && { queryStringParameters: queryOf(key) }),
      });
      expect([key, await stage.asAgent(key)]).toEqual([key, expected]);
    }
    expect(parsed(await stage.asAgent('GET /agent/session'))).toMatchObject({
      id: stage.session.id,
      metadata: { task: 'report' },
    });
  });

  test.each(Object.keys(CONTRACT))('%s needs its scope, and no other', async (key) => {
    const scope = CONTRACT[key as keyof typeof CONTRACT];
    const others = AGENT_SCOPES.filter((one) => one !== scope);
    const without = await stage.session.tokens.create({ scopes: others });
    for (const made of ['b', 'c', 'd'].filter((name) => queryOf(key)?.path === name || key.endsWith('moves'))) {
      await (key === 'DELETE /agent/directories'
        ? stage.session.files.makeDirectory(made)
        : stage.session.files.write(made, Buffer.from('x')));
    }
    if (scope !== undefined) {
      const answer = await stage.asAgent(key, {}, without);
      expect(answer.statusCode).toBe(403);
      if (!key.startsWith('HEAD')) {
        const detail = `The token has no scope "${scope}".`;
        expect(parsed(answer)).toMatchObject({ code: 'FORBIDDEN', detail });
      }
      const malformed = await stage.asAgent(key, { queryStringParameters: { nonsense: '1' } }, without);
      expect(malformed.statusCode).toBe(403);
    }
    const only = scope === undefined ? without : await stage.session.tokens.create({ scopes: [scope] });
    if (key === 'PUT /agent/directories') await stage.session.files.delete('d').catch(() => undefined);
    expect((await stage.asAgent(key, {}, only)).statusCode).toBeLessThan(300);
  });

  test('count as activity of the session', async () => {
    for (const key of ['GET /agent/session', 'POST /agent/heartbeat', 'GET /agent/files']) {
      stage.clock.advance({ seconds: 10 });
      await stage.asAgent(key);
      const { lastActiveAt } = (
        await stage.stack.manager.as({ kind: 'operator' }).getSession(stage.session.id)
      ).getSessionInfo();
      expect([key, lastActiveAt]).toEqual([key, stage.clock.now().toISOString()]);
    }
  });

  test('take the session from the token, whatever else the request names', async () => {
    const other = await stage.stack.manager.createSession('ada', 'acme');
    const answer = await stage.asAgent('GET /agent/session', {
      headers: OPERATOR,
      pathParameters: { sessionId: other.id },
    });
    expect(parsed(answer)).toMatchObject({ id: stage.session.id });
    const inBody = await stage.asAgent('POST /agent/heartbeat', { body: JSON.stringify({ sessionId: other.id }) });
    expect(inBody.statusCode).toBe(400);
    const inQuery = await stage.asAgent('GET /agent/session', { queryStringParameters: { sessionId: other.id } });
    expect(inQuery.statusCode).toBe(400);
  });

  test('leave events that name the agent and the token by its id', async () => {
    await stage.asAgent('GET /agent/files');
    const actor = { kind: 'agent', sessionId: stage.session.id, scopes: AGENT_SCOPES, tokenId: stage.created.id };
    const of = { sessionId: stage.session.id, userId: 'ada', orgId: 'acme' };
    expect(stage.stack.audited).toMatchObject([{ event: 'file.read', actor, ...of, sourceIp: '192.0.2.1' }]);
  });

  test('are the only ones that look at a session token', async () => {
    const headers = { authorization: `Bearer ${stage.created.token}` };
    const byTokens = {
      ...stage.stack,
      config: { ...stage.stack.config, authMode: 'jwt' as const, jwtOrgClaim: 'org' },
    };
    for (const services of [stage.stack, byTokens]) {
      for (const route of servedRoutes.filter(({ from }) => from === 'caller')) {
        const parts = {
          headers,
          pathParameters: { sessionId: stage.session.id, clientId: 'x', scope: 'org', promptId: 'x' },
        };
        const answer = await send(services, routeKey(route), parts);
        expect([routeKey(route), answer.statusCode]).toEqual([routeKey(route), 401]);
      }
    }
    const key = 'GET /sessions/{sessionId}';
    const parts = { pathParameters: { sessionId: stage.session.id } };
    const [withIt, without] = await Promise.all([
      send(stage.stack, key, { ...parts, headers: { ...OWNER, authorization: 'Bearer asm_rubbish' } }),
      send(stage.stack, key, { ...parts, headers: OWNER }),
    ]);
    expect(withIt).toEqual(without);
  });
});

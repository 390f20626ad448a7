import { beforeEach, describe, expect, test } from '@jest/globals';
import type { McpClientConfig } from '../../../lib/mcp-clients/mcp-client-config.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { closingAfterEach } from '../../setup/closing.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { anotherInstance } from '../instance.ts';
import { authorizationServer, protectedServer, type AuthorizationServer } from './oauth-servers.ts';
import { whatOf, type RecordingServer } from '../recording-server.ts';

const ALICE = { clientId: 'alice-agent', clientSecret: 'secret-of-alice' };

describe('OAuth client credentials', () => {
  let stack: TestStack;
  let session: Session;
  let authorization: AuthorizationServer;
  let server: RecordingServer;
  const closing = closingAfterEach();
  beforeEach(async () => {
    stack = closing(await newStack());
    session = await stack.manager.createSession('alice', 'acme');
    authorization = closing(await authorizationServer([ALICE]));
    server = closing(await protectedServer(authorization));
  });

  const config = (more: object = {}): McpClientConfig => ({
    id: 'tools',
    type: 'http',
    endpoint: server.url,
    auth: { type: 'oauth-client-credentials', ...ALICE, issuer: authorization.issuer, ...more },
    config: { timeoutMs: 3_000 },
  });
  const tokenOf = (what: string) =>
    server.requests
      .filter((request) => whatOf(request) === what)
      .map(({ headers }) => headers.authorization?.replace('Bearer ', ''));

  test('get one token, which a warm instance uses for all that follows', async () => {
    const client = await session.addMcpClient(config());
    await client.listTools();
    for (let call = 1; call <= 3; call++) await client.callTool('echo', { call });
    await session.removeMcpClient('tools');
    expect(authorization.tokenRequests).toHaveLength(1);
    const [request] = authorization.tokenRequests;
    expect(request?.authorization).toBe(
      `Basic ${Buffer.from(`${ALICE.clientId}:${ALICE.clientSecret}`).toString('base64')}`,
    );
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      grant_type: 'client_credentials',
      resource: server.url,
    });
    expect(tokenOf('tools/call')).toEqual(Array(3).fill(authorization.issued[0]));
    expect(tokenOf('DELETE')).toEqual([authorization.issued[0]]);
    expect(server.openSessions()).toEqual([]);
  });

  test('never go to the MCP server', async () => {
    await (await session.addMcpClient(config())).callTool('echo');
    expect(JSON.stringify(server.requests)).not.toContain(ALICE.clientSecret);
    expect(JSON.stringify(server.requests)).not.toContain('Basic ');
  });

  test('leave the client’s headers with the MCP server', async () => {
    await session.addMcpClient({ ...config(), headers: { 'x-api-key': 'key-of-alice' } });
    for (const { headers } of server.requests) expect(headers['x-api-key']).toBe('key-of-alice');
    expect(authorization.paths).toContain('/token');
    for (const headers of authorization.headers) expect(headers).not.toHaveProperty('x-api-key');
  });

  test('get another token once, when the last is no longer good', async () => {
    const client = await session.addMcpClient(config());
    await client.callTool('echo');
    authorization.revokeAll();
    await client.callTool('echo');
    await client.callTool('echo');
    expect(authorization.tokenRequests).toHaveLength(2);
    expect(tokenOf('tools/call')).toEqual([0, 0, 1, 1].map((index) => authorization.issued[index]));
    expect(server.asked().filter((what) => what === 'initialize')).toHaveLength(2);
  });

  test('do not go round in circles with a server that takes no token', async () => {
    const client = await session.addMcpClient(config());
    Object.assign(authorization, { clientOf: () => undefined });
    await expect(client.callTool('echo')).rejects.toMatchObject({
      code: 'MCP_CONNECTION',
      details: { serverStatus: 401 },
    });
    expect(authorization.tokenRequests).toHaveLength(2);
  });

  test('get a token in an instance that has none, also for a farewell', async () => {
    await session.addMcpClient(config());
    const client = await stack.parts.mcpClients.get(session.id, 'tools');
    await closing(anotherInstance(stack)).manager.session(session.id).mcpClient('tools').callTool('echo');
    expect(authorization.issued).toHaveLength(2);
    const cold = closing(anotherInstance(stack));
    await cold.manager.session(session.id).removeMcpClient('tools');
    expect(server.openSessions()).toEqual([]);
    expect(tokenOf('DELETE')).toEqual([undefined, authorization.issued[2]]);
    expect(client.connection.mcpSessionId).toBeDefined();
  });

  test('ask for the scope that they were given', async () => {
    await session.addMcpClient(config({ scope: 'tools:read tools:call' }));
    expect(authorization.tokenRequests.map(({ form }) => form.get('scope'))).toEqual(['tools:read tools:call']);
  });

  test('that are wrong end in MCP_CONNECTION, which says why and not with what', async () => {
    const add = session.addMcpClient(config({ clientSecret: 'wrong-secret' }));
    const thrown = await add.then(
      () => undefined,
      (error: unknown) => error as Error & { cause?: Error },
    );
    expect(thrown).toMatchObject({ code: 'MCP_CONNECTION', message: expect.stringContaining('invalid_client') });
    const told = `${thrown?.message} ${thrown?.stack} ${thrown?.cause?.message} ${thrown?.cause?.stack}`;
    expect(told).not.toContain('wrong-secret');
    expect(told).not.toContain(Buffer.from(`${ALICE.clientId}:wrong-secret`).toString('base64'));
    expect(await stack.parts.mcpClients.list(session.id)).toEqual([]);
    expect(thrown).toMatchObject({ details: { oauthError: 'invalid_client' } });
    expect(authorization.tokenRequests).toHaveLength(1);
  });

  test('are replaced: the next call gets a token with the new ones', async () => {
    const client = await session.addMcpClient(config());
    const second = { clientId: 'second-agent', clientSecret: 'second-secret' };
    await client.updateAuth({ auth: { type: 'oauth-client-credentials', ...second, issuer: authorization.issuer } });
    await expect(client.callTool('echo')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    const asked = authorization.tokenRequests.map(({ authorization: basic }) =>
      Buffer.from(basic?.replace('Basic ', '') ?? '', 'base64').toString(),
    );
    expect(asked).toEqual(['alice-agent:secret-of-alice', 'second-agent:second-secret']);
    expect(tokenOf('tools/call')).toEqual([undefined]);
  });

  describe('with an issuer', () => {
    test.each(['', '/'])('go to it (written with "%s" at the end)', async (end) => {
      await session.addMcpClient(config({ issuer: `${authorization.issuer}${end}` }));
      expect(authorization.tokenRequests).toHaveLength(1);
    });

    test('do not go to another authorization server that the MCP server names', async () => {
      const own = closing(await authorizationServer([ALICE]));
      await expect(session.addMcpClient(config({ issuer: own.issuer }))).rejects.toMatchObject({
        code: 'MCP_CONNECTION',
        message: expect.stringContaining('authorization server'),
      });
      expect(authorization.tokenRequests).toEqual([]);
      expect(authorization.paths).not.toContain('/token');
      expect(own.paths).toEqual([]);
    });
  });

  test('stay with the authorization server that they were first shown to, while the instance is warm', async () => {
    const client = await session.addMcpClient(config());
    const thief = closing(await authorizationServer([ALICE], 'stolen'));
    authorization.revokeAll();
    Object.assign(authorization, { issuer: thief.issuer });
    await expect(client.callTool('echo')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    expect(thief.tokenRequests).toEqual([]);
  });
});

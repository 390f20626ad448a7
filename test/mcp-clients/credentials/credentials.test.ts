import { beforeEach, describe, expect, test } from '@jest/globals';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { streamHandler } from '../../../lib/api/stream-handler.ts';
import type { McpClientConfig } from '../../../lib/mcp-clients/mcp-client-config.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import type { McpServerAddress } from '../../../lib/mcp-clients/mcp-client-store.ts';
import { mcpClientKey } from '../../../lib/table/keys.ts';
import { closingAfterEach } from '../../setup/closing.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { anotherInstance } from '../instance.ts';
import { recordingServer, whatOf, type RecordedRequest, type RecordingServer } from '../recording-server.ts';

const TOKEN = 'token-of-alice';
const HEADERS = { 'X-Api-Key': 'key-of-alice', 'x-team': 'research' };

describe('the credentials of an MCP client', () => {
  let stack: TestStack;
  let session: Session;
  let server: RecordingServer;
  const closing = closingAfterEach();
  beforeEach(async () => {
    stack = closing(await newStack());
    session = await stack.manager.createSession('alice', 'acme');
    server = closing(await recordingServer());
  });

  const config = (more: Partial<McpClientConfig> = {}): McpClientConfig => ({
    id: 'tools',
    type: 'http',
    endpoint: server.url,
    config: { timeoutMs: 3_000 },
    ...more,
  });
  const carried = ({ headers }: RecordedRequest) => [headers.authorization, headers['x-api-key'], headers['x-team']];
  const since = async (work: () => Promise<unknown>): Promise<RecordedRequest[]> => {
    const before = server.requests.length;
    await work();
    return server.requests.slice(before);
  };

  test('go with every request to the endpoint, the farewell included', async () => {
    const client = await session.addMcpClient(config({ auth: { type: 'bearer', token: TOKEN }, headers: HEADERS }));
    await client.listTools();
    await client.callTool('echo', { a: 1 });
    await session.removeMcpClient('tools');
    expect(server.asked()).toEqual(['initialize', 'notifications/initialized', 'tools/list', 'tools/call', 'DELETE']);
    for (const request of server.requests) {
      expect(carried(request)).toEqual([`Bearer ${TOKEN}`, 'key-of-alice', 'research']);
    }
    expect(server.openSessions()).toEqual([]);
  });

  test('go with the farewell of an ended session, from what the stream tells', async () => {
    await session.addMcpClient(config({ auth: { type: 'bearer', token: TOKEN } }));
    const client = await stack.parts.mcpClients.get(session.id, 'tools');
    const removal = {
      eventName: 'REMOVE',
      dynamodb: {
        Keys: marshall(mcpClientKey(session.id, 'tools')),
        OldImage: marshall({ ...mcpClientKey(session.id, 'tools'), ...client }),
        SequenceNumber: '1',
      },
    } as unknown as DynamoDBRecord;
    const [termination] = await since(() => streamHandler(() => stack)({ Records: [removal] }));
    expect([whatOf(termination as RecordedRequest), termination?.headers.authorization]).toEqual([
      'DELETE',
      `Bearer ${TOKEN}`,
    ]);
  });

  test.each([307, 308, 302])('go to no other origin, where a %i leads', async (status) => {
    const other = closing(await recordingServer());
    let away = false;
    const moving = closing(
      await recordingServer({
        before(_request, response) {
          if (away) response.writeHead(status, { location: other.url }).end();
          return away;
        },
      }),
    );
    const auth = { type: 'bearer', token: TOKEN } as const;
    const client = await session.addMcpClient(config({ endpoint: moving.url, auth, headers: HEADERS }));
    away = true;
    await client.callTool('echo').catch(() => undefined);
    await session.removeMcpClient('tools');
    expect(other.requests.length).toBeGreaterThan(0);
    for (const request of other.requests) {
      expect(carried(request)).toEqual([undefined, undefined, undefined]);
      expect(JSON.stringify(request)).not.toMatch(/alice|research/);
    }
  });

  test('go along within the origin', async () => {
    const moving = closing(
      await recordingServer({
        before({ path }, response) {
          if (path === '/old') response.writeHead(308, { location: '/mcp' }).end();
          return path === '/old';
        },
      }),
    );
    const auth = { type: 'bearer', token: TOKEN } as const;
    await session.addMcpClient(config({ endpoint: `${moving.origin}/old`, auth }));
    expect(moving.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/old', `Bearer ${TOKEN}`],
      ['/mcp', `Bearer ${TOKEN}`],
      ['/old', `Bearer ${TOKEN}`],
      ['/mcp', `Bearer ${TOKEN}`],
    ]);
  });

  describe('are replaced', () => {
    const called = async (by = session) => {
      const [call] = await since(() => by.mcpClient('tools').callTool('echo'));
      return carried(call as RecordedRequest);
    };

    test('by others, which every instance uses at once, on the session that there is', async () => {
      await session.addMcpClient(config({ auth: { type: 'bearer', token: TOKEN }, headers: HEADERS }));
      const other = closing(anotherInstance(stack));
      const there = await other.manager.getSession(session.id);
      expect(await called(there)).toEqual([`Bearer ${TOKEN}`, 'key-of-alice', 'research']);
      await session.mcpClient('tools').updateAuth({ auth: { type: 'bearer', token: 'second' } });
      expect(await called(there)).toEqual(['Bearer second', undefined, undefined]);
      await there.mcpClient('tools').updateAuth({ headers: { authorization: 'Digest third', 'X-Team': 'sales' } });
      expect(await called()).toEqual(['Digest third', undefined, 'sales']);
      expect(server.asked().filter((what) => what === 'initialize')).toHaveLength(1);
    });

    test('by none', async () => {
      await session.addMcpClient(config({ auth: { type: 'bearer', token: TOKEN }, headers: HEADERS }));
      await session.mcpClient('tools').updateAuth({});
      expect(await called()).toEqual([undefined, undefined, undefined]);
      expect(await stack.parts.mcpClients.get(session.id, 'tools')).not.toHaveProperty('credentials');
      await session.mcpClient('tools').updateAuth({ headers: HEADERS });
      expect(await called()).toEqual([undefined, 'key-of-alice', 'research']);
    });

    test('while the connection is renewed, and neither undoes the other', async () => {
      await session.addMcpClient(config({ auth: { type: 'bearer', token: TOKEN } }));
      const other = closing(anotherInstance(stack));
      for (let round = 1; round <= 5; round++) {
        server.forgetSessions();
        const before = await stack.parts.mcpClients.get(session.id, 'tools');
        await Promise.all([
          session.mcpClient('tools').callTool('echo'),
          other.manager
            .session(session.id)
            .mcpClient('tools')
            .updateAuth({ auth: { type: 'bearer', token: `round-${round}` } }),
        ]);
        const after = await stack.parts.mcpClients.get(session.id, 'tools');
        expect(after.connection.connectionId).not.toBe(before.connection.connectionId);
        expect(server.openSessions()).toEqual([after.connection.mcpSessionId]);
        expect(await called()).toEqual([`Bearer round-${round}`, undefined, undefined]);
      }
    });

    test('once by whoever is last of many', async () => {
      await session.addMcpClient(config());
      const tokens = Array.from({ length: 8 }, (_, index) => `token-${index}`);
      await Promise.all(
        tokens.map((token) => session.mcpClient('tools').updateAuth({ auth: { type: 'bearer', token } })),
      );
      const [authorization] = await called();
      expect(tokens.map((token) => `Bearer ${token}`)).toContain(authorization);
    });

    test('not for a command, which has no use for them', async () => {
      await session.addMcpClient(config());
      const { name, timeoutMs, connectedAt, connection } = await stack.parts.mcpClients.get(session.id, 'tools');
      const address: McpServerAddress = { type: 'stdio', command: 'x', args: [] };
      const command = { clientId: 'command', name, timeoutMs, connectedAt, address };
      await stack.parts.mcpClients.add(
        session.id,
        { ...command, connection: { ...connection, connectionId: 'of the command' } },
        20,
      );
      const change = session.mcpClient('command').updateAuth({ auth: { type: 'bearer', token: TOKEN } });
      await expect(change).rejects.toMatchObject({ code: 'VALIDATION', details: { errors: [{ path: 'auth' }] } });
      await session.mcpClient('command').updateAuth({});
      const add = session.addMcpClient({ id: 'second', type: 'stdio', command: 'x', headers: HEADERS });
      await expect(add).rejects.toMatchObject({ code: 'VALIDATION' });
    });

    test('not where there is no client or no session', async () => {
      const change = { auth: { type: 'bearer', token: TOKEN } } as const;
      await expect(session.mcpClient('nobody').updateAuth(change)).rejects.toMatchObject({
        code: 'MCP_CLIENT_NOT_FOUND',
      });
      await session.addMcpClient(config());
      const bob = stack.manager.as({ kind: 'user', userId: 'bob', orgId: 'acme' }).session(session.id);
      await expect(bob.mcpClient('tools').updateAuth(change)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      expect(await stack.parts.mcpClients.get(session.id, 'tools')).not.toHaveProperty('credentials');
      await stack.manager.cleanupSession(session.id);
      await expect(session.mcpClient('tools').updateAuth(change)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      await expect(stack.parts.mcpClients.putCredentials(session.id, 'tools', undefined)).rejects.toMatchObject({
        code: 'SESSION_NOT_FOUND',
      });
      expect(await stack.parts.mcpClients.list(session.id)).toEqual([]);
    });
  });

  test.each<[string, Pick<McpClientConfig, 'auth' | 'headers'>]>([
    ['a header of the protocol', { headers: { 'Mcp-Session-Id': 'x' } }],
    ['a header of the connection', { headers: { HOST: 'x' } }],
    ['two headers of one name', { headers: { 'x-a': '1', 'X-A': '2' } }],
    ['two ways to authorize', { auth: { type: 'bearer', token: 'x' }, headers: { Authorization: 'y' } }],
    ['a header that ends another', { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['a header without a value', { headers: { 'x-a': '' } }],
    ['a header whose name is none', { headers: { 'x a': 'b' } }],
    ['a token of two lines', { auth: { type: 'bearer', token: 'a\nb' } }],
    ['a client id that is not ASCII', { auth: { type: 'oauth-client-credentials', clientId: 'ü', clientSecret: 'x' } }],
    ['more than 4,096 bytes', { headers: { 'x-a': 'a'.repeat(2_000), 'x-b': 'b'.repeat(2_100) } }],
  ])('are refused with %s', async (_what, credentials) => {
    const add = session.addMcpClient(config(credentials));
    await expect(add).rejects.toMatchObject({ code: 'VALIDATION' });
    expect(server.requests).toEqual([]);
  });

  test('are sealed up to the last byte', async () => {
    const rest = 4_096 - Buffer.byteLength(JSON.stringify({ headers: { 'x-a': '' } }));
    await session.addMcpClient(config({ headers: { 'x-a': 'a'.repeat(rest) } }));
    expect(server.requests[0]?.headers['x-a']).toHaveLength(rest);
  });
});

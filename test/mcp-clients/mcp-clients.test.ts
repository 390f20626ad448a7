import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import getPort from 'get-port';
import type { McpClientConfig } from '../../lib/mcp-clients/mcp-client-config.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { startEverythingServer, type EverythingServer } from './everything-server.ts';
import { serve, serveMcp, type HttpServer } from './http-servers.ts';
import { anotherInstance, connectingTogether, targetAt } from './instance.ts';

describe('the MCP clients of a session', () => {
  let server: EverythingServer;
  let stack: TestStack;
  let session: Session;
  const toClose: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startEverythingServer();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    stack = await newStack({ MAX_MCP_CLIENTS_PER_SESSION: '3' });
    session = await stack.manager.createSession('alice', 'acme');
  });
  afterEach(async () => {
    for (const close of toClose.splice(0)) await close();
    await stack.close();
  });

  const closing = <T extends { close(): unknown }>(closable: T): T => {
    toClose.push(() => closable.close());
    return closable;
  };
  const everything = (id = 'everything', more: Partial<McpClientConfig> = {}): McpClientConfig => ({
    id,
    type: 'http',
    endpoint: server.url,
    ...more,
  });
  const at = ({ url }: HttpServer, timeoutMs = 300): McpClientConfig => ({
    id: 'small',
    type: 'http',
    endpoint: url,
    config: { timeoutMs },
  });
  const stored = () => stack.parts.mcpClients.list(session.id);
  const idsOnSession = async () => (await stack.manager.getSession(session.id)).getSessionInfo().mcpClientIds;
  const expectNoneStored = async () => {
    expect(await stored()).toEqual([]);
    expect(await idsOnSession()).toEqual([]);
  };
  const expectUsable = async () => {
    const client = await session.addMcpClient(everything('afterwards'));
    expect(await client.callTool('echo', { message: 'still here' })).toMatchObject({ content: [{ type: 'text' }] });
  };

  describe('on server-everything', () => {
    test('are told what the server said of itself, and nothing secret', async () => {
      const client = await session.addMcpClient(everything('tools.1', { name: 'Tools', config: { timeoutMs: 9_000 } }));
      const info = client.getInfo();
      expect(info).toEqual({
        id: 'tools.1',
        name: 'Tools',
        type: 'http',
        endpoint: server.url,
        serverInfo: expect.objectContaining({ name: expect.any(String), version: expect.any(String) }),
        protocolVersion: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
        connectedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      expect(info.serverInfo.name).not.toBe('');
      const [item] = await stored();
      expect(item?.connection.mcpSessionId).toBeTruthy();
      for (const told of [info, (await session.getMcpClient('tools.1')).getInfo(), await session.listMcpClients()]) {
        expect(JSON.stringify(told)).not.toContain(item?.connection.mcpSessionId);
      }
    });

    test('are called by their id where they have no name', async () => {
      expect((await session.addMcpClient(everything('plain'))).getInfo().name).toBe('plain');
    });

    test('are found, listed, and named by the session', async () => {
      const first = await session.addMcpClient(everything('first'));
      const second = await session.addMcpClient(everything('second'));
      expect(await session.listMcpClients()).toEqual([first.getInfo(), second.getInfo()]);
      expect((await session.getMcpClient('second')).getInfo()).toEqual(second.getInfo());
      expect(await idsOnSession()).toEqual(['first', 'second']);
      await expect(session.getMcpClient('third')).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
    });

    test('list all tools as the server gives them', async () => {
      const client = await session.addMcpClient(everything());
      const tools = await client.listTools();
      expect(tools).toEqual(await toolsByTheSdk(server.url));
      expect(tools.find(({ name }) => name === 'echo')).toMatchObject({ inputSchema: { type: 'object' } });
    });

    test('call tools and give the result as it came', async () => {
      const client = await session.addMcpClient(everything());
      expect(await client.callTool('echo', { message: 'hello' })).toEqual({
        content: [{ type: 'text', text: 'Echo: hello' }],
      });
      expect(await client.callTool('get-structured-content', { location: 'Chicago' })).toHaveProperty(
        'structuredContent',
      );
    });

    test('give the refusal of an unknown tool and of bad arguments as a result that is an error', async () => {
      const client = await session.addMcpClient(everything());
      expect(await client.callTool('no-such-tool', {})).toMatchObject({ isError: true });
      expect(await client.callTool('echo', { message: 7 })).toMatchObject({ isError: true });
    });

    test('end their session on the server when they are removed', async () => {
      await session.addMcpClient(everything());
      const [item] = await stored();
      const id = item?.connection.mcpSessionId;
      expect((await server.sessions()).open).toContain(id);
      await session.removeMcpClient('everything');
      expect((await server.sessions()).ended).toContain(id);
      await expectNoneStored();
      for (const call of [
        () => session.removeMcpClient('everything'),
        () => session.getMcpClient('everything'),
        () => session.mcpClient('everything').listTools(),
        () => session.mcpClient('everything').callTool('echo', {}),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
      }
    });

    test('are removed although the reply to that is lost', async () => {
      await session.addMcpClient(everything());
      const [item] = await stored();
      // Three attempts of the SDK under one token, then ours.
      inject(stack.client, { after: atFirst(3, 'TransactWriteItemsCommand', lostReply) });
      await session.removeMcpClient('everything');
      expect((await server.sessions()).ended).toContain(item?.connection.mcpSessionId);
      await expectNoneStored();
    });

    test('are added again after they were removed', async () => {
      await session.addMcpClient(everything());
      await session.removeMcpClient('everything');
      await session.addMcpClient(everything());
      expect(await idsOnSession()).toEqual(['everything']);
    });

    test('are removed once by any number of callers over two instances', async () => {
      await session.addMcpClient(everything());
      const { manager } = closing(anotherInstance(stack));
      const removals = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? manager : stack.manager).session(session.id).removeMcpClient('everything'),
        ),
      );
      expect(removals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const removal of removals) {
        if (removal.status === 'rejected') expect(removal.reason).toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
      }
      await expectNoneStored();
    });

    test('exist once for each id', async () => {
      const client = await session.addMcpClient(everything());
      const { opened } = await server.sessions();
      await expect(session.addMcpClient(everything())).rejects.toMatchObject({ code: 'MCP_CLIENT_EXISTS' });
      expect((await server.sessions()).opened).toEqual(opened);
      expect(await session.listMcpClients()).toEqual([client.getInfo()]);
    });

    test('of the same id added at once leave one, and end the session of the other', async () => {
      const before = await server.sessions();
      const mcp = connectingTogether(stack, 2);
      const instances = [closing(anotherInstance(stack, mcp)), closing(anotherInstance(stack, mcp))];
      const adds = await Promise.allSettled(
        instances.map(({ manager }) => manager.session(session.id).addMcpClient(everything())),
      );
      const refused = adds.filter((add) => add.status === 'rejected');
      expect(refused.map(({ reason }) => reason as unknown)).toEqual([
        expect.objectContaining({ code: 'MCP_CLIENT_EXISTS' }),
      ]);
      await expectOpenSince(before.opened, await stored());
    });

    test('are at most as many as the limit, and no session is opened for one too many', async () => {
      for (const id of ['1', '2', '3']) await session.addMcpClient(everything(id));
      const { opened } = await server.sessions();
      await expect(session.addMcpClient(everything('4'))).rejects.toMatchObject({
        code: 'MCP_CLIENT_LIMIT',
        details: { limit: 3 },
      });
      expect((await server.sessions()).opened).toEqual(opened);
      expect(await idsOnSession()).toEqual(['1', '2', '3']);
      await session.removeMcpClient('2');
      await session.addMcpClient(everything('4'));
      expect(await idsOnSession()).toEqual(['1', '3', '4']);
    });

    test('are at most as many as the limit when they are added at once, and those too many are ended', async () => {
      const before = await server.sessions();
      const mcp = connectingTogether(stack, 8);
      const instances = [closing(anotherInstance(stack, mcp)), closing(anotherInstance(stack, mcp))];
      const adds = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          (instances[index % 2] as (typeof instances)[0]).manager
            .session(session.id)
            .addMcpClient(everything(`client-${index}`)),
        ),
      );
      const refused = adds.filter((add) => add.status === 'rejected');
      expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(
        Array.from({ length: 5 }, () => 'MCP_CLIENT_LIMIT'),
      );
      const items = await stored();
      expect(items).toHaveLength(3);
      expect(await idsOnSession()).toEqual(items.map(({ clientId }) => clientId).sort());
      await expectOpenSince(before.opened, items);
    });

    test('are none where the limit is 0', async () => {
      const none = closing(await newStack({ MAX_MCP_CLIENTS_PER_SESSION: '0' }));
      const { opened } = await server.sessions();
      const other = await none.manager.createSession('alice', 'acme');
      await expect(other.addMcpClient(everything())).rejects.toMatchObject({
        code: 'MCP_CLIENT_LIMIT',
        details: { limit: 0 },
      });
      expect((await server.sessions()).opened).toEqual(opened);
      expect(await none.parts.mcpClients.list(other.id)).toEqual([]);
    });

    test('are taken up by another instance without initializing again', async () => {
      const added = await session.addMcpClient(everything());
      const { opened } = await server.sessions();
      const other = closing(anotherInstance(stack)).manager.session(session.id);
      expect((await other.getMcpClient('everything')).getInfo()).toEqual(added.getInfo());
      expect(await other.mcpClient('everything').callTool('echo', { message: 'there' })).toMatchObject({
        content: [{ text: 'Echo: there' }],
      });
      expect((await other.mcpClient('everything').listTools()).length).toBeGreaterThan(5);
      expect((await server.sessions()).opened).toEqual(opened);
      await other.removeMcpClient('everything');
      expect((await server.sessions()).open).not.toContain(opened.at(-1));
    });

    test('never outlive a session that ends while they are added', async () => {
      const before = await server.sessions();
      const { manager } = closing(anotherInstance(stack));
      for (let round = 0; round < 8; round++) {
        const { id } = await stack.manager.createSession('alice', 'acme');
        const adding = ['1', '2'].map((client) => manager.session(id).addMcpClient(everything(client)));
        const settled = Promise.allSettled(adding);
        if (round % 2 === 0) await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, round * 5))]);
        await stack.manager.cleanupSession(id);
        for (const add of await settled) {
          if (add.status === 'rejected') expect(add.reason).toMatchObject({ code: 'SESSION_NOT_FOUND' });
        }
        expect(await stack.parts.mcpClients.list(id)).toEqual([]);
      }
      expect((await server.sessions()).opened.length).toBeGreaterThan(before.opened.length);
      expect(await stack.manager.countAllSessions()).toBe(1);
    });

    test('that connected before their session ended are refused, and their own session is ended', async () => {
      const before = await server.sessions();
      const mcp = connectingTogether(stack, 2);
      const { manager } = closing(anotherInstance(stack, mcp));
      const adding = expect(manager.session(session.id).addMcpClient(everything())).rejects.toMatchObject({
        code: 'SESSION_NOT_FOUND',
      });
      while ((await server.sessions()).opened.length === before.opened.length);
      await stack.manager.cleanupSession(session.id);
      await (await mcp.connect(targetAt(server.url))).terminate();
      await adding;
      expect(await stored()).toEqual([]);
      await expectOpenSince(before.opened, []);
    });

    test('are gone with their session', async () => {
      await session.addMcpClient(everything());
      await stack.manager.cleanupSession(session.id);
      expect(await stored()).toEqual([]);
      for (const call of [
        () => session.addMcpClient(everything()),
        () => session.listMcpClients(),
        () => session.mcpClient('everything').callTool('echo', { message: 'x' }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      }
    });

    /** Of the sessions opened since, exactly those that are stored are still open. */
    async function expectOpenSince(before: string[], items: { connection: { mcpSessionId?: string } }[]) {
      const { open } = await server.sessions();
      const since = open.filter((id) => !before.includes(id));
      expect(since.sort()).toEqual(items.map(({ connection }) => connection.mcpSessionId).sort());
    }
  });

  describe('on a server that was restarted', () => {
    test('answer the next call after one new initialization', async () => {
      const client = await session.addMcpClient(everything());
      await server.restart();
      expect(await client.callTool('echo', { message: 'again' })).toMatchObject({ content: [{ text: 'Echo: again' }] });
      const { opened } = await server.sessions();
      expect(opened).toHaveLength(1);
      expect((await stored()).map(({ connection }) => connection.mcpSessionId)).toEqual(opened);
      expect(await client.callTool('echo', { message: 'more' })).toMatchObject({ content: [{ text: 'Echo: more' }] });
      expect((await client.listTools()).length).toBeGreaterThan(5);
      expect((await server.sessions()).opened).toEqual(opened);
    });

    test('answer 20 calls at once over two instances, and one connection is stored and open', async () => {
      await session.addMcpClient(everything('everything', { config: { timeoutMs: 25_000 } }));
      const { manager } = closing(anotherInstance(stack));
      await server.restart();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? manager : stack.manager)
            .session(session.id)
            .mcpClient('everything')
            .callTool('echo', { message: `${index}` }),
        ),
      );
      expect(results).toEqual(results.map((_, index) => ({ content: [{ type: 'text', text: `Echo: ${index}` }] })));
      const items = await stored();
      expect(items).toHaveLength(1);
      expect((await server.sessions()).open).toEqual([items[0]?.connection.mcpSessionId]);
    });

    test('are removed although nobody knows their session any more', async () => {
      await session.addMcpClient(everything());
      await server.restart();
      await session.removeMcpClient('everything');
      await expectNoneStored();
    });
  });

  describe('on a server without sessions', () => {
    test('are removed without a word to it', async () => {
      let requests = 0;
      const small = closing(await serve(initializing({}, () => requests++)));
      await session.addMcpClient(at(small));
      const before = requests;
      await session.removeMcpClient('small');
      expect(requests).toBe(before);
      await expectNoneStored();
    });

    test('are told of whatever it can do', async () => {
      const nested = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
      const capabilities = { experimental: { constructor: {}, nested: { nested }, number: { huge: 1e20 } } };
      const small = closing(await serve(initializing({ capabilities })));
      await session.addMcpClient(at(small));
      expect(JSON.parse((await stored())[0]?.connection.capabilities ?? '')).toEqual(capabilities);
    });

    test('are refused where it says more of itself than can be kept', async () => {
      const serverInfo = { name: 'x'.repeat(500_000), version: '1' };
      const small = closing(await serve(initializing({ serverInfo })));
      await expectFailsInTime(session.addMcpClient(at(small, 3_000)));
      await expectNoneStored();
    });

    test('list the tools of all pages with every field that the server gave', async () => {
      const tools: Record<string, object[]> = {
        first: [{ name: 'a', inputSchema: { type: 'object' }, 'x-new': { deep: [1] } }],
        empty: [],
        last: [{ name: 'b', inputSchema: { type: 'object' }, annotations: { title: 'B' } }],
      };
      const next: Record<string, string> = { first: 'empty', empty: 'last' };
      const small = closing(
        await serveMcp(({ params }) => {
          const page = (params?.cursor ?? 'first') as string;
          return { result: { tools: tools[page], nextCursor: next[page] } };
        }),
      );
      const client = await session.addMcpClient(at(small, 5_000));
      expect((await stored())[0]?.connection).not.toHaveProperty('mcpSessionId');
      expect(await client.listTools()).toEqual(Object.values(tools).flat());
      await session.removeMcpClient('small');
      await expectNoneStored();
    });

    test.each([-32_000, -32_001, -32_603, 42])('give an answer with error %d as a result', async (code) => {
      const small = closing(await serveMcp(() => ({ error: { code, message: 'the tool said no' } })));
      const client = await session.addMcpClient(at(small, 2_000));
      const result = await client.callTool('any', {});
      expect(result).toMatchObject({ isError: true });
      expect(JSON.stringify(result)).toContain('the tool said no');
    });

    test('fail in time when the pages of tools never end', async () => {
      const small = closing(
        await serveMcp(async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return { result: { tools: [], nextCursor: 'more' } };
        }),
      );
      const client = await session.addMcpClient(at(small, 500));
      await expectFailsInTime(client.listTools(), 2_500);
    });

    test('fail in time when a tool never answers, and answer again when it does', async () => {
      let hangs = true;
      const small = closing(await serveMcp(() => (hangs ? undefined : { result: { content: [] } })));
      const client = await session.addMcpClient(at(small));
      await expectFailsInTime(client.callTool('slow', {}));
      await expectFailsInTime(client.listTools());
      hangs = false;
      expect(await client.callTool('slow', {})).toEqual({ content: [] });
    });

    test('that always forgets its sessions fail after one new initialization', async () => {
      let calls = 0;
      const small = closing(
        await serveMcp((_request, response) => {
          calls++;
          response.writeHead(404).end();
          return undefined;
        }, 'forgotten'),
      );
      const client = await session.addMcpClient(at(small));
      await expectFailsInTime(client.callTool('any', {}));
      expect(calls).toBe(2);
    });
  });

  describe('that cannot be had', () => {
    const malformed: Record<string, object> = {
      'no endpoint': { endpoint: undefined },
      'an empty endpoint': { endpoint: '' },
      'an endpoint that is no URL': { endpoint: 'nowhere' },
      'an endpoint that is too long': { endpoint: `http://127.0.0.1/${'x'.repeat(2048)}` },
      'an unknown type': { type: 'ftp' },
      'an empty id': { id: '' },
      'an id with a slash': { id: 'a/b' },
      'an id of 65 characters': { id: 'x'.repeat(65) },
      'a timeout that is too short': { config: { timeoutMs: 1 } },
      'a timeout that is too long': { config: { timeoutMs: 600_000 } },
      'an unknown field': { password: 'x' },
      'a command for http': { command: 'node' },
      'an endpoint for stdio': { type: 'stdio', command: 'node' },
      'no command for stdio': { type: 'stdio', endpoint: undefined },
      'auth for stdio': { type: 'stdio', endpoint: undefined, command: 'node', auth: { type: 'bearer', token: 'x' } },
      'auth of an unknown type': { auth: { type: 'basic', user: 'x' } },
      'a bearer token with a line break': { auth: { type: 'bearer', token: 'x\ny' } },
      'a header of the protocol': { headers: { 'Mcp-Session-Id': 'x' } },
      'a header twice': { headers: { 'X-Key': 'x', 'x-key': 'y' } },
      'a header and auth for the same': { headers: { Authorization: 'x' }, auth: { type: 'bearer', token: 'x' } },
      'more than 4096 bytes of secrets': { headers: { 'x-key': 'x'.repeat(4096) } },
    };
    test('a malformed request is told as one, and nothing is stored', async () => {
      for (const [what, more] of Object.entries(malformed)) {
        const refusal: unknown = await session.addMcpClient(everything('x', more)).catch((thrown: unknown) => thrown);
        expect([what, refusal]).toEqual([what, expect.objectContaining({ code: 'VALIDATION' })]);
      }
      await expectNoneStored();
    });

    test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:text/plain,x', 'http://user:word@127.0.0.1/mcp'])(
      'the endpoint %s is forbidden',
      async (endpoint) => {
        await expect(session.addMcpClient(everything('x', { endpoint }))).rejects.toMatchObject({
          code: 'MCP_ENDPOINT_FORBIDDEN',
        });
        await expectNoneStored();
      },
    );

    test('nothing that listens is a failed connection', async () => {
      const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
      await expectFailsInTime(session.addMcpClient(everything('x', { endpoint, config: { timeoutMs: 300 } })));
      await expectNoneStored();
      await expectUsable();
    });

    const failing: Record<string, Parameters<typeof serve>[0]> = {
      'never answers': () => undefined,
      'begins to answer and never ends': (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc":');
      },
      'streams and never answers': (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      },
      'answers with a web page': (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
      },
      'answers with what is no JSON': (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('garbage');
      },
      'answers with JSON that is no message': (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"there"}');
      },
      'answers with an empty initialization': (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":0,"result":{}}');
      },
      'speaks a version that nobody knows': (_request, response) => {
        const result = {
          protocolVersion: '1999-01-01',
          capabilities: {},
          serverInfo: { name: 'old', version: '1' },
        };
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: 0, result }));
      },
      'answers with HTTP 500': (_request, response) => void response.writeHead(500).end('broken'),
      'answers with HTTP 401': (_request, response) => void response.writeHead(401).end(),
      'answers with HTTP 404': (_request, response) => void response.writeHead(404).end(),
      'hangs up': (request) => void request.socket.destroy(),
    };
    test.each(Object.entries(failing))('a server that %s is a failed connection', async (_what, listener) => {
      const small = closing(await serve(listener));
      await expectFailsInTime(session.addMcpClient(at(small)));
      await expectNoneStored();
      await expectUsable();
    });
  });

  /** Well before the 10 s that count where nothing is configured. */
  async function expectFailsInTime(call: Promise<unknown>, withinMs = 5_000): Promise<void> {
    const startedAt = performance.now();
    await expect(call).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    expect(performance.now() - startedAt).toBeLessThan(withinMs);
  }
});

/** Answers initializations only. */
function initializing(said: object, onRequest = () => {}): RequestListener {
  const answer: RequestListener = (request, response) => {
    onRequest();
    if (request.method !== 'POST') return void response.writeHead(405).end();
    void json(request).then((message) => {
      const { id, params } = message as { id?: number; params: { protocolVersion: string } };
      if (id === undefined) return response.writeHead(202).end();
      const { protocolVersion } = params;
      const result = { protocolVersion, capabilities: {}, serverInfo: { name: 'small', version: '1' }, ...said };
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  };
  return answer;
}

async function toolsByTheSdk(url: string): Promise<unknown[]> {
  const client = new Client({ name: 'comparison', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  try {
    return (await client.listTools()).tools;
  } finally {
    await transport.terminateSession();
    await client.close();
  }
}

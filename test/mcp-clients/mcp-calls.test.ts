import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startEverythingServer, type EverythingServer } from './everything-server.ts';
import { serve, serveMcp } from './http-servers.ts';
import { anotherInstance } from './instance.ts';
import { ClientStage, clientOf, expectFailsInTime } from './client-stage.ts';

describe('the MCP clients of a session', () => {
  let server: EverythingServer;
  let own: ClientStage;
  beforeAll(async () => {
    server = await startEverythingServer();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    own = await ClientStage.make(server);
  });
  afterEach(() => own.close());

  describe('on a server that was restarted', () => {
    test('answer the next call after one new initialization', async () => {
      const client = await own.session.addMcpClient(own.everything());
      await server.restart();
      expect(await client.callTool('echo', { message: 'again' })).toMatchObject({ content: [{ text: 'Echo: again' }] });
      const { opened } = await server.sessions();
      expect(opened).toHaveLength(1);
      expect((await own.stored()).map(({ connection }) => connection.mcpSessionId)).toEqual(opened);
      expect(await client.callTool('echo', { message: 'more' })).toMatchObject({ content: [{ text: 'Echo: more' }] });
      expect((await client.listTools()).length).toBeGreaterThan(5);
      expect((await server.sessions()).opened).toEqual(opened);
    });

    test('answer 20 calls at once over two instances, and one connection is stored and open', async () => {
      await own.session.addMcpClient(own.everything('everything', { config: { timeoutMs: 25_000 } }));
      const { manager } = own.closing(anotherInstance(own.stack));
      await server.restart();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? manager : own.stack.manager)
            .session(own.session.id)
            .mcpClient('everything')
            .callTool('echo', { message: `${index}` }),
        ),
      );
      expect(results).toEqual(results.map((_, index) => ({ content: [{ type: 'text', text: `Echo: ${index}` }] })));
      const items = await own.stored();
      expect(items).toHaveLength(1);
      expect((await server.sessions()).open).toEqual([items[0]?.connection.mcpSessionId]);
    });

    test('are removed although nobody knows their session any more', async () => {
      await own.session.addMcpClient(own.everything());
      await server.restart();
      await own.session.removeMcpClient('everything');
      await own.expectNoneStored();
    });
  });

  describe('on a server without sessions', () => {
    test('are removed without a word to it', async () => {
      let requests = 0;
      const small = own.closing(await serve(initializing({}, () => requests++)));
      await own.session.addMcpClient(clientOf(small));
      const before = requests;
      await own.session.removeMcpClient('small');
      expect(requests).toBe(before);
      await own.expectNoneStored();
    });

    test('are told of whatever it can do', async () => {
      const nested = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
      const capabilities = { experimental: { constructor: {}, nested: { nested }, number: { huge: 1e20 } } };
      const small = own.closing(await serve(initializing({ capabilities })));
      await own.session.addMcpClient(clientOf(small));
      expect(JSON.parse((await own.stored())[0]?.connection.capabilities ?? '')).toEqual(capabilities);
    });

    test('are refused where it says more of itself than can be kept', async () => {
      const serverInfo = { name: 'x'.repeat(500_000), version: '1' };
      const small = own.closing(await serve(initializing({ serverInfo })));
      await expectFailsInTime(own.session.addMcpClient(clientOf(small, 3_000)));
      await own.expectNoneStored();
    });

    test('list the tools of all pages with every field that the server gave', async () => {
      const tools: Record<string, object[]> = {
        first: [{ name: 'a', inputSchema: { type: 'object' }, 'x-new': { deep: [1] } }],
        empty: [],
        last: [{ name: 'b', inputSchema: { type: 'object' }, annotations: { title: 'B' } }],
      };
      const next: Record<string, string> = { first: 'empty', empty: 'last' };
      const small = own.closing(
        await serveMcp(({ params }) => {
          const page = (params?.cursor ?? 'first') as string;
          return { result: { tools: tools[page], nextCursor: next[page] } };
        }),
      );
      const client = await own.session.addMcpClient(clientOf(small, 5_000));
      expect((await own.stored())[0]?.connection).not.toHaveProperty('mcpSessionId');
      expect(await client.listTools()).toEqual(Object.values(tools).flat());
      await own.session.removeMcpClient('small');
      await own.expectNoneStored();
    });

    test.each([-32_000, -32_001, -32_603, 42])('give an answer with error %d as a result', async (code) => {
      const small = own.closing(await serveMcp(() => ({ error: { code, message: 'the tool said no' } })));
      const client = await own.session.addMcpClient(clientOf(small, 2_000));
      const result = await client.callTool('any', {});
      expect(result).toMatchObject({ isError: true });
      expect(JSON.stringify(result)).toContain('the tool said no');
    });

    test('fail in time when the pages of tools never end', async () => {
      let pages = 0;
      const small = own.closing(
        await serveMcp(async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return { result: { tools: [], nextCursor: `more ${pages++}` } };
        }),
      );
      const client = await own.session.addMcpClient(clientOf(small, 500));
      await expectFailsInTime(client.listTools(), 2_500);
    });

    test('fail in time when a tool never answers, and answer again when it does', async () => {
      let hangs = true;
      const small = own.closing(await serveMcp(() => (hangs ? undefined : { result: { content: [] } })));
      const client = await own.session.addMcpClient(clientOf(small));
      await expectFailsInTime(client.callTool('slow', {}));
      await expectFailsInTime(client.listTools());
      hangs = false;
      expect(await client.callTool('slow', {})).toEqual({ content: [] });
    });

    test('that always forgets its sessions fail after one new initialization', async () => {
      let calls = 0;
      const small = own.closing(
        await serveMcp((_request, response) => {
          calls++;
          response.writeHead(404).end();
          return undefined;
        }, 'forgotten'),
      );
      const client = await own.session.addMcpClient(clientOf(small, 3_000));
      await expect(client.callTool('any', {})).rejects.toMatchObject({
        code: 'MCP_CONNECTION',
        details: { serverStatus: 404 },
      });
      expect(calls).toBe(2);
    });
  });
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

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { newStack } from '../setup/test-stack.ts';
import { startEverythingServer, type EverythingServer } from './everything-server.ts';
import { anotherInstance } from './instance.ts';
import { ClientStage } from './client-stage.ts';

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

  describe('on server-everything', () => {
    test('are told what the server said of itself, and nothing secret', async () => {
      const client = await own.session.addMcpClient(
        own.everything('tools.1', { name: 'Tools', config: { timeoutMs: 9_000 } }),
      );
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
      const [item] = await own.stored();
      expect(item?.connection.mcpSessionId).toBeTruthy();
      for (const told of [
        info,
        (await own.session.getMcpClient('tools.1')).getInfo(),
        await own.session.listMcpClients(),
      ]) {
        expect(JSON.stringify(told)).not.toContain(item?.connection.mcpSessionId);
      }
    });

    test('are called by their id where they have no name', async () => {
      expect((await own.session.addMcpClient(own.everything('plain'))).getInfo().name).toBe('plain');
    });

    test('are found, listed, and named by the session', async () => {
      const first = await own.session.addMcpClient(own.everything('first'));
      const second = await own.session.addMcpClient(own.everything('second'));
      expect(await own.session.listMcpClients()).toEqual([first.getInfo(), second.getInfo()]);
      expect((await own.session.getMcpClient('second')).getInfo()).toEqual(second.getInfo());
      expect(await own.idsOnSession()).toEqual(['first', 'second']);
      await expect(own.session.getMcpClient('third')).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
    });

    test('list all tools as the server gives them', async () => {
      const client = await own.session.addMcpClient(own.everything());
      const tools = await client.listTools();
      expect(tools).toEqual(await toolsByTheSdk(server.url));
      expect(tools.find(({ name }) => name === 'echo')).toMatchObject({ inputSchema: { type: 'object' } });
    });

    test('call tools and give the result as it came', async () => {
      const client = await own.session.addMcpClient(own.everything());
      expect(await client.callTool('echo', { message: 'hello' })).toEqual({
        content: [{ type: 'text', text: 'Echo: hello' }],
      });
      expect(await client.callTool('get-structured-content', { location: 'Chicago' })).toHaveProperty(
        'structuredContent',
      );
    });

    test('give the refusal of an unknown tool and of bad arguments as a result that is an error', async () => {
      const client = await own.session.addMcpClient(own.everything());
      expect(await client.callTool('no-such-tool', {})).toMatchObject({ isError: true });
      expect(await client.callTool('echo', { message: 7 })).toMatchObject({ isError: true });
    });

    test('end their session on the server when they are removed', async () => {
      await own.session.addMcpClient(own.everything());
      const [item] = await own.stored();
      const id = item?.connection.mcpSessionId;
      expect((await server.sessions()).open).toContain(id);
      await own.session.removeMcpClient('everything');
      expect((await server.sessions()).ended).toContain(id);
      await own.expectNoneStored();
      for (const call of [
        () => own.session.removeMcpClient('everything'),
        () => own.session.getMcpClient('everything'),
        () => own.session.mcpClient('everything').listTools(),
        () => own.session.mcpClient('everything').callTool('echo', {}),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
      }
    });

    test('are removed although the reply to that is lost', async () => {
      await own.session.addMcpClient(own.everything());
      const [item] = await own.stored();
      // Three attempts of the SDK under one token, then ours.
      inject(own.stack.client, { after: atFirst(3, 'TransactWriteItemsCommand', lostReply) });
      await own.session.removeMcpClient('everything');
      expect((await server.sessions()).ended).toContain(item?.connection.mcpSessionId);
      await own.expectNoneStored();
    });

    test('are added again after they were removed', async () => {
      await own.session.addMcpClient(own.everything());
      await own.session.removeMcpClient('everything');
      await own.session.addMcpClient(own.everything());
      expect(await own.idsOnSession()).toEqual(['everything']);
    });

    test('exist once for each id', async () => {
      const client = await own.session.addMcpClient(own.everything());
      const { opened } = await server.sessions();
      await expect(own.session.addMcpClient(own.everything())).rejects.toMatchObject({ code: 'MCP_CLIENT_EXISTS' });
      expect((await server.sessions()).opened).toEqual(opened);
      expect(await own.session.listMcpClients()).toEqual([client.getInfo()]);
    });

    test('are at most as many as the limit, and no session is opened for one too many', async () => {
      for (const id of ['1', '2', '3']) await own.session.addMcpClient(own.everything(id));
      const { opened } = await server.sessions();
      await expect(own.session.addMcpClient(own.everything('4'))).rejects.toMatchObject({
        code: 'MCP_CLIENT_LIMIT',
        details: { limit: 3 },
      });
      expect((await server.sessions()).opened).toEqual(opened);
      expect(await own.idsOnSession()).toEqual(['1', '2', '3']);
      await own.session.removeMcpClient('2');
      await own.session.addMcpClient(own.everything('4'));
      expect(await own.idsOnSession()).toEqual(['1', '3', '4']);
    });

    test('are none where the limit is 0', async () => {
      const none = own.closing(await newStack({ MAX_MCP_CLIENTS_PER_SESSION: '0' }));
      const { opened } = await server.sessions();
      const other = await none.manager.createSession('alice', 'acme');
      await expect(other.addMcpClient(own.everything())).rejects.toMatchObject({
        code: 'MCP_CLIENT_LIMIT',
        details: { limit: 0 },
      });
      expect((await server.sessions()).opened).toEqual(opened);
      expect(await none.parts.mcpClients.list(other.id)).toEqual([]);
    });

    test('are taken up by another instance without initializing again', async () => {
      const added = await own.session.addMcpClient(own.everything());
      const { opened } = await server.sessions();
      const other = own.closing(anotherInstance(own.stack)).manager.session(own.session.id);
      expect((await other.getMcpClient('everything')).getInfo()).toEqual(added.getInfo());
      expect(await other.mcpClient('everything').callTool('echo', { message: 'there' })).toMatchObject({
        content: [{ text: 'Echo: there' }],
      });
      expect((await other.mcpClient('everything').listTools()).length).toBeGreaterThan(5);
      expect((await server.sessions()).opened).toEqual(opened);
      await other.removeMcpClient('everything');
      expect((await server.sessions()).open).not.toContain(opened.at(-1));
    });

    test('are gone with their session', async () => {
      await own.session.addMcpClient(own.everything());
      await own.stack.manager.cleanupSession(own.session.id);
      expect(await own.stored()).toEqual([]);
      for (const call of [
        () => own.session.addMcpClient(own.everything()),
        () => own.session.listMcpClients(),
        () => own.session.mcpClient('everything').callTool('echo', { message: 'x' }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      }
    });
  });
});

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

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { McpClient } from '../../lib/mcp-clients/mcp-client.ts';
import { ClientStage } from './client-stage.ts';
import { startEverythingServer, type EverythingServer } from './everything-server.ts';
import { serveMcp } from './http-servers.ts';

const TOO_LONG_MS = 1_100;
const WARNING = { 'agent-session-manager/warnings': ['The session ended while this call was under way.'] };

describe('a session that ends while a call is under way', () => {
  let server: EverythingServer;
  let own: ClientStage;
  let client: McpClient;
  /** What the server waits for before it answers a call. */
  let meantime: () => Promise<unknown>;
  let answer: { result: object } | { status: number };
  beforeAll(async () => {
    server = await startEverythingServer();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    own = await ClientStage.make(server);
    meantime = async () => undefined;
    answer = { result: { content: [], _meta: { trace: 'kept' } } };
    const small = own.closing(
      await serveMcp(async (_request, response) => {
        await meantime();
        if (!('status' in answer)) return answer;
        response.writeHead(answer.status).end();
        return undefined;
      }),
    );
    client = await own.session.addMcpClient({ id: 'small', type: 'http', endpoint: small.url });
  });
  afterEach(() => own.close());

  const end = () => own.stack.manager.cleanupSession(own.session.id);
  const endsAfter = (ms: number) => async () => {
    await end();
    await new Promise((resolve) => setTimeout(resolve, ms));
  };

  test('is said beside the result', async () => {
    meantime = endsAfter(TOO_LONG_MS);
    expect(await client.callTool('any')).toEqual({ content: [], _meta: { trace: 'kept', ...WARNING } });
  });

  test('is said beside the result also where the server has no words of its own there', async () => {
    answer = { result: { content: [] } };
    meantime = endsAfter(TOO_LONG_MS);
    expect(await client.callTool('any')).toEqual({ content: [], _meta: WARNING });
  });

  test.each([404, 500, 502])('is the reason, and not the %d that the server answers to a call then', async (status) => {
    answer = { status };
    meantime = end;
    await expect(client.callTool('any')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('is the reason where tools are listed, too', async () => {
    answer = { status: 500 };
    meantime = end;
    await expect(client.listTools()).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('is not said of one that goes on: neither beside a late result, nor in place of a failure', async () => {
    meantime = () => new Promise((resolve) => setTimeout(resolve, TOO_LONG_MS));
    expect(await client.callTool('any')).toEqual({ content: [], _meta: { trace: 'kept' } });
    answer = { status: 500 };
    await expect(client.callTool('any')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
  });

  test('is not looked for after a quick call', async () => {
    const get = jest.spyOn(own.stack.parts.store, 'get');
    await client.callTool('any');
    expect(get).toHaveBeenCalledTimes(1);
  });

  test('is not said where the table cannot tell: the server’s answer counts', async () => {
    answer = { status: 500 };
    meantime = async () => {
      jest.spyOn(own.stack.parts.store, 'get').mockRejectedValue(new Error('no answer'));
    };
    await expect(client.callTool('any')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
  });
});

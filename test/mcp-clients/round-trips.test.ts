import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Session } from '../../lib/sessions/session.ts';
import { closingAfterEach } from '../setup/closing.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { serve, type HttpServer, type RpcRequest } from './http-servers.ts';
import { anotherInstance } from './instance.ts';

interface Seen {
  verb: string;
  method: string | undefined;
  id: RpcRequest['id'];
  params: RpcRequest['params'];
  version: unknown;
  session: unknown;
}

type Answer = (request: RpcRequest, response: ServerResponse) => object | undefined;

describe('what an MCP server sees of a client', () => {
  let stack: TestStack;
  let session: Session;
  let seen: Seen[];
  const closing = closingAfterEach();
  beforeEach(async () => {
    seen = [];
    stack = closing(await newStack());
    session = await stack.manager.createSession('alice', 'acme');
  });

  /** Notes every request; answers `initialize` unless `answer` does, and opens the session `mcpSessionId`. */
  const recording = async (answer: Answer, mcpSessionId?: string): Promise<HttpServer> => {
    const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
      const body = await text(incoming);
      const request = (body ? JSON.parse(body) : {}) as RpcRequest;
      const { 'mcp-protocol-version': version, 'mcp-session-id': known } = incoming.headers;
      const { method, id, params } = request;
      seen.push({ verb: incoming.method as string, method, id, params, version, session: known });
      if (incoming.method !== 'POST') return void response.writeHead(incoming.method === 'DELETE' ? 200 : 405).end();
      if (id === undefined) return void response.writeHead(202).end();
      const given = answer(request, response) ?? (method === 'initialize' ? initialized(request) : undefined);
      if (given === undefined || response.headersSent) return;
      const headers = { 'content-type': 'application/json', ...(mcpSessionId && { 'mcp-session-id': mcpSessionId }) };
      response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, ...given }));
    };
    return closing(await serve((incoming, response) => void handle(incoming, response)));
  };
  const add = ({ url }: HttpServer, timeoutMs = 5_000) =>
    session.addMcpClient({ id: 'x', type: 'http', endpoint: url, config: { timeoutMs } });
  const elsewhere = () => closing(anotherInstance(stack)).manager.session(session.id).mcpClient('x');
  const ok: Answer = ({ method }) => (method === 'tools/call' ? { result: { content: [] } } : undefined);
  /** Adds a client of a server that then forgets its session, and answers so until it is initialized again. */
  const addForgotten = async (status: number, body: string) => {
    let isForgotten = false;
    const server = await recording((request, response) => {
      if (request.method === 'initialize') isForgotten = false;
      if (!isForgotten) return ok(request, response);
      response.writeHead(status).end(body);
      return undefined;
    }, 'session-1');
    await add(server);
    isForgotten = true;
    seen = [];
  };
  const initializations = () => seen.filter(({ method }) => method === 'initialize');

  test.each([undefined, 'session-1'])('a call from another instance is one POST (session %s)', async (id) => {
    const added = await add(await recording(ok, id));
    await sleep(50);
    seen = [];
    expect(await elsewhere().callTool('any')).toEqual({ content: [] });
    await sleep(50);
    const { protocolVersion: version } = added.getInfo();
    expect(seen).toEqual([expect.objectContaining({ verb: 'POST', method: 'tools/call', version, session: id })]);
  });

  const UNKNOWN = 'Bad Request: No valid session ID provided';
  test.each([
    [404, ''],
    [410, ''],
    [400, UNKNOWN],
    [400, JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message: UNKNOWN } })],
  ])(
    'an answer %d to what was stored initializes once more, and nothing is asked before (%s)',
    async (status, body) => {
      await addForgotten(status, body);
      expect(await elsewhere().callTool('any')).toEqual({ content: [] });
      const done = ['tools/call', 'initialize', 'notifications/initialized', 'DELETE', 'tools/call'];
      expect(seen.map(({ verb, method }) => method ?? verb).sort()).toEqual(done.sort());
    },
  );

  test('an answer 400 that says nothing initializes once more where everything is answered so', async () => {
    await addForgotten(400, '');
    expect(await elsewhere().callTool('any')).toEqual({ content: [] });
    const asked = seen.map(({ method }) => method).filter((method) => /^(ping|tools)/.test(method ?? ''));
    expect(asked).toEqual(['tools/call', 'ping', 'tools/list', 'tools/call']);
    expect(initializations()).toHaveLength(1);
  });

  test('a call whose time is up is cancelled on the server', async () => {
    const client = await add(await recording(() => undefined), 400);
    const startedAt = performance.now();
    await expect(client.callTool('hangs')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await expectCancelled();
  });

  test('a call that its caller cancels is cancelled on the server, with the reason of the caller', async () => {
    const client = await add(await recording(() => undefined));
    const controller = new AbortController();
    const reason = new Error('the user went away');
    const call = expect(client.callTool('hangs', {}, { signal: controller.signal })).rejects.toBe(reason);
    while (!seen.some(({ method }) => method === 'tools/call')) await sleep(5);
    controller.abort(reason);
    await call;
    await expectCancelled();
  });

  test('a tool that tells its progress for ever does not outlast the time', async () => {
    const server = await recording(({ method }, response) => {
      if (method !== 'tools/call') return undefined;
      const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(progress)}\n\n`), 50);
      response.once('close', () => clearInterval(timer));
      return undefined;
    });
    const client = await add(server, 600);
    const startedAt = performance.now();
    await expect(client.callTool('endless')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await expectCancelled();
  });

  test('an initialization that fails after a session was opened ends that session', async () => {
    const nonsense = {
      result: { protocolVersion: '1999-01-01', capabilities: {}, serverInfo: { name: 'x', version: '1' } },
    };
    const server = await recording(({ method }) => (method === 'initialize' ? nonsense : undefined), 'half-open');
    await expect(add(server)).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    expect(seen.filter(({ verb }) => verb === 'DELETE')).toEqual([expect.objectContaining({ session: 'half-open' })]);
  });

  test('a cursor that was seen before ends the list', async () => {
    const page = { result: { tools: [], nextCursor: 'more' } };
    const client = await add(await recording(({ method }) => (method === 'tools/list' ? page : undefined)), 20_000);
    expect(await client.listTools()).toEqual([]);
    expect(seen.filter(({ method }) => method === 'tools/list')).toHaveLength(2);
  });

  /** Exactly once, and of the call that was made. */
  async function expectCancelled(): Promise<void> {
    const cancellations = () => seen.filter(({ method }) => method === 'notifications/cancelled');
    for (let attempt = 0; attempt < 40 && cancellations().length === 0; attempt++) await sleep(25);
    const [call] = seen.filter(({ method }) => method === 'tools/call');
    expect(cancellations().map(({ params }) => params?.requestId)).toEqual([call?.id]);
  }
});

function initialized({ params }: RpcRequest): object {
  const { protocolVersion } = params as { protocolVersion: string };
  const serverInfo = { name: 'small', version: '1.0.0' };
  return { result: { protocolVersion, capabilities: { tools: {} }, serverInfo } };
}

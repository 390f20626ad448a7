import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import type { RpcRequest } from './http-servers.ts';
import { anotherInstance } from './instance.ts';

describe('a warm instance', () => {
  let stack: TestStack;
  let sockets: Set<unknown>;
  let requests: string[] = [];
  const server = createServer((incoming, response) => {
    void json(incoming).then((body) => {
      const { id, method, params } = body as RpcRequest;
      requests.push(method);
      if (method === 'tools/call') sockets.add(incoming.socket);
      if (id === undefined) return response.writeHead(202).end();
      const initialized = {
        protocolVersion: params?.protocolVersion,
        capabilities: {},
        serverInfo: { name: 'x', version: '1' },
      };
      const result = method === 'initialize' ? initialized : method === 'tools/call' ? { content: [] } : {};
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'theirs' });
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  beforeEach(async () => {
    stack = await newStack();
    sockets = new Set();
    requests = [];
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await stack.close();
  });

  test('makes all its calls over one socket, one request each; a cold one needs a socket and nothing more', async () => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const session = await stack.manager.createSession('alice', 'acme');
    const client = await session.addMcpClient({ id: 'x', type: 'http', endpoint });
    for (let call = 1; call <= 5; call++) await client.callTool('any', {});
    const connecting = ['server/discover', 'initialize', 'notifications/initialized'];
    expect(requests).toEqual([...connecting, ...Array<string>(5).fill('tools/call')]);
    expect(sockets.size).toBe(1);
    const cold = anotherInstance(stack);
    await cold.manager.session(session.id).mcpClient('x').callTool('any', {});
    cold.close();
    expect(requests.slice(8)).toEqual(['tools/call']);
    expect(sockets.size).toBe(2);
  });
});

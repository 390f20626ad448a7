import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import { startEverythingServer, type EverythingServer } from './everything-server.ts';
import { serve } from './http-servers.ts';
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

  describe('that cannot be had', () => {
    const malformed: Record<string, object> = {
      'no endpoint': { endpoint: undefined },
      'an empty endpoint': { endpoint: '' },
      'an endpoint that is no URL': { endpoint: 'nowhere' },
      'an endpoint that is too long': { endpoint: `http://127.0.0.1/${'x'.repeat(2048)}` },
      'an unknown type': { type: 'ftp' },
      'an empty id': { id: '' },
      'an id with a slash': { id: 'a/b' },
      'an id that no path can contain': { id: '.' },
      'another id that no path can contain': { id: '..' },
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
        const refusal: unknown = await own.session
          .addMcpClient(own.everything('x', more))
          .catch((thrown: unknown) => thrown);
        expect([what, refusal]).toEqual([what, expect.objectContaining({ code: 'VALIDATION' })]);
      }
      await own.expectNoneStored();
    });

    test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:text/plain,x', 'http://user:word@127.0.0.1/mcp'])(
      'the endpoint %s is forbidden',
      async (endpoint) => {
        await expect(own.session.addMcpClient(own.everything('x', { endpoint }))).rejects.toMatchObject({
          code: 'MCP_ENDPOINT_FORBIDDEN',
        });
        await own.expectNoneStored();
      },
    );

    test('nothing that listens is a failed connection', async () => {
      const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
      await expectFailsInTime(own.session.addMcpClient(own.everything('x', { endpoint, config: { timeoutMs: 300 } })));
      await own.expectNoneStored();
      await own.expectUsable();
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
      const small = own.closing(await serve(listener));
      await expectFailsInTime(own.session.addMcpClient(clientOf(small)));
      await own.expectNoneStored();
      await own.expectUsable();
    });
  });
});

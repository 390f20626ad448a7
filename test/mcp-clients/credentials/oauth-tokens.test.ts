import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { serve, type RpcRequest } from '../http-servers.ts';
import { authorizationServer, protectedServer, type AuthorizationServer } from './oauth-servers.ts';
import { CLIENT, oauthStage } from './oauth-stage.ts';

describe('an access token of OAuth client credentials', () => {
  const { closing, connect } = oauthStage();

  test('is replaced before its time is up, without a refused request', async () => {
    // A tenth of a short life is left when the next one is got.
    const authorization = closing(await authorizationServer([CLIENT], 'a', { expiresIn: 0.001 }));
    const server = closing(await protectedServer(authorization));
    const connection = await connect(server.url, { issuer: authorization.issuer });
    server.requests.length = 0;
    await connection.callTool('echo', {});
    const used = server.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
    expect(used).toEqual([authorization.issued.at(-1)]);
    expect(authorization.issued.length).toBeGreaterThan(2);
  });

  test('is got once for requests that are refused at the same time', async () => {
    const authorization = closing(await authorizationServer([CLIENT]));
    const server = closing(await protectedServer(authorization));
    const connection = await connect(server.url, { issuer: authorization.issuer });
    authorization.revokeAll();
    const results = await Promise.all(Array.from({ length: 8 }, (_, call) => connection.callTool('echo', { call })));
    expect(results).toHaveLength(8);
    expect(authorization.issued).toHaveLength(2);
  });

  describe('at a server that wants more scope for a call', () => {
    const atWriting = async () => {
      const authorization = closing(await authorizationServer([CLIENT]));
      return { authorization, server: closing(await protectedServer(authorization, { callScope: 'write' })) };
    };

    test('is asked for once with that scope, and kept', async () => {
      const { authorization, server } = await atWriting();
      const connection = await connect(server.url, { issuer: authorization.issuer });
      for (let call = 1; call <= 2; call++) expect(await connection.callTool('echo', {})).toHaveProperty('content');
      expect(authorization.tokenRequests.map(({ form }) => form.get('scope'))).toEqual([null, 'write']);
      expect(server.asked().filter((what) => what === 'tools/call')).toHaveLength(3);
    });

    test('is asked for with no more than the scope that is configured', async () => {
      const { authorization, server } = await atWriting();
      const connection = await connect(server.url, { issuer: authorization.issuer, scope: 'read' });
      await expect(connection.callTool('echo', {})).rejects.toMatchObject({ details: { serverStatus: 403 } });
      expect(authorization.tokenRequests).toHaveLength(1);
    });
  });

  test('goes with the stream and with the messages of HTTP with SSE', async () => {
    const authorization = closing(await authorizationServer([CLIENT]));
    const server = closing(await sseServer(authorization));
    const connection = await connect(server.url, { issuer: authorization.issuer }, 'sse');
    authorization.revokeAll();
    expect((await connection.listTools()).tools).toEqual([{ name: 'echo' }]);
    expect(authorization.issued).toHaveLength(2);
    expect(server.refused).toEqual(['GET', 'POST']);
  });
});

/** HTTP with SSE, for the tokens of `authorization` only. */
async function sseServer(authorization: AuthorizationServer) {
  const refused: string[] = [];
  let stream: ServerResponse | undefined;
  const answer = ({ id, method, params }: RpcRequest) => {
    const { protocolVersion } = params ?? {};
    const said = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'sse', version: '1' } };
    const result = method === 'initialize' ? said : { tools: [{ name: 'echo' }] };
    if (id !== undefined) stream?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
  };
  const server = await serve((incoming, response) => {
    const { url = '', method = '', headers } = incoming;
    if (!url.startsWith('/mcp')) return void response.writeHead(404).end();
    if (authorization.clientOf(headers.authorization?.replace('Bearer ', '') ?? '') === undefined) {
      refused.push(method);
      return void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    }
    if (method === 'POST') {
      return void text(incoming).then((body) => {
        response.writeHead(202).end();
        answer(JSON.parse(body) as RpcRequest);
      });
    }
    stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
    stream.write('event: endpoint\ndata: /mcp/messages\n\n');
  });
  return { ...server, refused };
}

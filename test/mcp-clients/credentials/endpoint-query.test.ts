import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { redactor } from '../../../lib/mcp-clients/credentials/redact.ts';
import { secretsIn } from '../../../lib/mcp-clients/credentials/mcp-credentials.ts';
import type { McpClientItem } from '../../../lib/mcp-clients/mcp-client-store.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { mcpClientKey } from '../../../lib/table/keys.ts';
import { documentClient } from '../../setup/document-client.ts';
import { closingAfterEach } from '../../setup/closing.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { anotherInstance } from '../instance.ts';
import { recordingServer, sendJson, whatOf, type RecordingServer } from '../recording-server.ts';
import { authorizationServer, protectedServer } from './oauth-servers.ts';

const KEY = 'canary-key-7b';
const QUERY = `?api_key=${KEY}&mode=json`;

describe('the query of an endpoint', () => {
  let stack: TestStack;
  let session: Session;
  let server: RecordingServer;
  const closing = closingAfterEach();
  beforeEach(async () => {
    stack = closing(await newStack());
    session = await stack.manager.createSession('alice', 'acme');
    server = closing(await recordingServer());
  });

  const stored = async () =>
    JSON.stringify(await documentClient(stack.client).send(new ScanCommand({ TableName: stack.config.tableName })));
  const add = (more: object = {}) =>
    session.addMcpClient({ id: 'tools', type: 'http', endpoint: `${server.url}${QUERY}#part`, ...more });
  const expectSentWithQuery = () => {
    expect(server.requests.map((request) => [whatOf(request), request.query])).toEqual(
      server.requests.map((request) => [whatOf(request), QUERY]),
    );
  };

  test('goes to the server with each request, and is neither returned nor stored in clear', async () => {
    const client = await add();
    await client.callTool('echo', {});
    const found = [client, await session.getMcpClient('tools')].map((each) => each.getInfo());
    for (const { endpoint } of [...found, ...(await session.listMcpClients())]) expect(endpoint).toBe(server.url);
    expect(await stored()).not.toContain(KEY);
    await session.removeMcpClient('tools');
    expect(server.asked()).toContain('DELETE');
    expect(server.openSessions()).toEqual([]);
    expectSentWithQuery();
  });

  test('is a part of the address: other credentials, or none, leave it as it is, also in another instance', async () => {
    await add({ auth: { type: 'bearer', token: 'token-of-alice' } });
    for (const credentials of [{ headers: { 'x-key': 'another-key' } }, {}]) {
      await session.mcpClient('tools').updateAuth(credentials);
      await closing(anotherInstance(stack)).manager.session(session.id).mcpClient('tools').callTool('echo', {});
    }
    expectSentWithQuery();
    expect(await stored()).not.toContain(KEY);
  });

  test('is used for the end of a session that had to wait, and is not in clear where that is kept', async () => {
    await add();
    const [item] = (await stack.parts.mcpClients.list(session.id)) as [McpClientItem];
    const away: McpClientItem = { ...item, address: { type: 'http', endpoint: 'http://127.0.0.1:1/mcp' } };
    await stack.parts.terminations.terminate(session.id, away);
    expect(await stored()).toContain('retryAt');
    expect(await stored()).not.toContain(KEY);
    await stack.parts.terminations.terminate(session.id, item);
    expect(server.openSessions()).toEqual([]);
    expectSentWithQuery();
  });

  test('still works where an earlier release has stored it in clear, and is returned to nobody', async () => {
    await add();
    const [item] = (await stack.parts.mcpClients.list(session.id)) as [McpClientItem];
    const old = { ...item, address: { type: 'http', endpoint: `${server.url}${QUERY}` }, endpointQuery: undefined };
    const Item = { ...mcpClientKey(session.id, 'tools'), ...old };
    await documentClient(stack.client).send(new PutCommand({ TableName: stack.config.tableName, Item }));
    const client = await session.getMcpClient('tools');
    expect(client.getInfo().endpoint).toBe(server.url);
    expect((await session.listMcpClients())[0]?.endpoint).toBe(server.url);
    await client.callTool('echo', {});
    await session.removeMcpClient('tools');
    expect(server.openSessions()).toEqual([]);
    expectSentWithQuery();
  });

  test('is in no error that a server makes of it', async () => {
    const echo = closing(
      await recordingServer({
        before({ rpc, query }, response) {
          const [value] = new URLSearchParams(query).values();
          sendJson(response, {
            jsonrpc: '2.0',
            id: rpc?.id,
            error: { code: -32_603, message: `${query} or ${value}` },
          });
          return true;
        },
      }),
    );
    const thrown: unknown = await add({ endpoint: `${echo.url}${QUERY}` }).catch((refusal: unknown) => refusal);
    expect(thrown).toMatchObject({ message: expect.stringContaining('?api_key=[secret]&[secret] or [secret]') });
  });

  test('goes to no metadata of OAuth, and into no resource', async () => {
    const credentials = { clientId: 'alice', clientSecret: 'secret-of-alice' };
    const authorization = closing(await authorizationServer([credentials]));
    const guarded = closing(await protectedServer(authorization));
    const auth = { type: 'oauth-client-credentials', ...credentials, issuer: authorization.issuer } as const;
    await add({ endpoint: `${guarded.url}${QUERY}`, auth });
    for (const { path, query } of guarded.requests) expect([path, query]).toEqual([path, path === '/mcp' ? QUERY : '']);
    expect(authorization.tokenRequests.map(({ form }) => form.get('resource'))).toEqual([guarded.url]);
    expect(JSON.stringify(authorization.paths)).not.toContain(KEY);
  });

  test.each<[string, (token: string) => string]>([
    ['hexadecimal digits', (token) => Buffer.from(token).toString('hex')],
    ['hexadecimal digits in upper case', (token) => Buffer.from(token).toString('hex').toUpperCase()],
    ['upper case', (token) => token.toUpperCase()],
    ['a URL with escapes in lower case', (token) => encodeURIComponent(token).toLowerCase()],
    ['base64', (token) => Buffer.from(token).toString('base64')],
    ['base64 of the whole header', (token) => Buffer.from(`Bearer ${token}`).toString('base64')],
    ['base64url with two bytes before it', (token) => Buffer.from(`x:${token}:x`).toString('base64url')],
  ])('and a token are redacted as %s', (_spelling, spelled) => {
    const token = 'canary+token/7b?é';
    const text = redactor(secretsIn({ auth: { type: 'bearer', token } }))(`a ${spelled(token)} b`);
    // Of base64 the characters that depend on what is beside the token stay.
    expect(text).toMatch(/^a [\w-]{0,12}\[secret\][\w=-]{0,4} b$/);
  });

  test('and arguments of a command are redacted where they look like secrets', () => {
    const redact = redactor(
      secretsIn({
        query: '?key=a%2Fbcdefgh&pin=1234&bare-value-7&format=json',
        args: ['--api-key', 'after-option', '--token=in-option', 'DB_PASSWORD=in-variable', '--root', '/srv/files'],
      }),
    );
    const text = 'a%2Fbcdefgh a/bcdefgh pin=1234 bare-value-7 json after-option in-option in-variable /srv/files 1234';
    expect(redact(text)).toBe(
      `${Array(4).fill('[secret]').join(' ')} json ${Array(3).fill('[secret]').join(' ')} /srv/files 1234`,
    );
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { redactJson, redactor } from '../../../lib/mcp-clients/credentials/redact.ts';
import { parseJson } from '../../../lib/json/json-text.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { send } from '../../api/lambda-events.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { anotherInstance } from '../instance.ts';
import { HTTP_MODES } from './http-modes.ts';
import { sendJson, WildServer } from './wild-server.ts';

const TOOLS = 846_000;

describe('of an MCP server', () => {
  let stack: TestStack;
  let session: Session;
  let server: WildServer | undefined;
  beforeAll(async () => {
    stack = await newStack();
    session = await stack.manager.createSession('alice', 'acme');
  });
  afterEach(async () => {
    await session.removeMcpClient('wild');
    await server?.close();
  });
  afterAll(() => stack?.close());

  async function clientOf(mode: Parameters<typeof WildServer.start>[0]) {
    server = await WildServer.start(mode);
    return session.addMcpClient({ id: 'wild', type: 'http', endpoint: server.urlOf('http') });
  }

  test('a result keeps its digits, and names such as __proto__, in the library and over HTTP', async () => {
    const expected =
      '{"content":[],"n":[9007199254740993,0.10000000000000000555,1e400],"__proto__":{"a":1},"o":{"__proto__":9007199254740993}}';
    const client = await clientOf('numbers and names of their own');
    expect(JSON.stringify(await client.callTool('echo'))).toBe(expected);
    const answer = await send(stack, 'POST /sessions/{sessionId}/mcp-clients/{clientId}/tool-calls', {
      headers: { 'x-user-id': 'alice', 'x-org-id': 'acme', 'content-type': 'application/json' },
      pathParameters: { sessionId: session.id, clientId: 'wild' },
      body: JSON.stringify({ name: 'echo' }),
    });
    expect(answer.body).toBe(expected);
  });

  test('ten calls at once, after it has forgotten the session, make one initialization', async () => {
    const client = await clientOf(HTTP_MODES['forgotten: 404']);
    server?.forget();
    const calls = Array.from({ length: 10 }, (_, n) => client.callTool('echo', { n }));
    for (const result of await Promise.all(calls)) expect(result).toHaveProperty('content');
    expect(server?.asked.initialize).toBe(2);
    expect(Object.values(server?.executed ?? {})).toEqual(Array(10).fill(1));
    expect(server?.sessionsLeft()).toBe(1);
  });

  test('a connection that one instance finds suspect is asked about by the next', async () => {
    const client = await clientOf(HTTP_MODES['one call: 503']);
    await expect(client.callTool('echo', { n: 2 })).rejects.toMatchObject({ details: { serverStatus: 503 } });
    const other = anotherInstance(stack);
    await other.manager.session(session.id).mcpClient('wild').callTool('echo', { n: 3 });
    await other.manager.session(session.id).mcpClient('wild').callTool('echo', { n: 4 });
    other.close();
    expect(server?.asked).toMatchObject({ ping: 1, initialize: 1, 'tools/call': 3 });
  });

  test(`a list of ${TOOLS} tools is read`, async () => {
    const tools = `[${Array(TOOLS).fill('{"name":"x"}').join()}]`;
    const client = await clientOf(({ rpc, response }) => {
      const isList = rpc?.method === 'tools/list';
      return isList && sendJson(response, `{"jsonrpc":"2.0","id":${rpc.id},"result":{"tools":${tools}}}`);
    });
    expect(await client.listTools()).toHaveLength(TOOLS);
  });
});

test('secrets are taken out of what a server says, digits and names such as __proto__ are not', () => {
  const said = parseJson('{"__proto__":{"a":9007199254740993},"the-secret":["of the-secret",null]}');
  const redacted = JSON.stringify(redactJson(said, redactor(['the-secret'])));
  expect(redacted).toBe('{"__proto__":{"a":9007199254740993},"[secret]":["of [secret]",null]}');
});

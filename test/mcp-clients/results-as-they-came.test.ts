import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { SessionManagerClient } from '../../lib/api/client/session-manager-client.ts';
import { handleInvocation } from '../../lib/api/invoke-handler.ts';
import { parseJson } from '../../lib/json/json-text.ts';
import type { McpConnection, McpConnector, McpToolResult } from '../../lib/mcp-clients/mcp-connector.ts';
import { API_FUNCTIONS, type ApiFunction } from '../../lib/operations/operation.ts';
import { send } from '../api/lambda-events.ts';
import { commandLine } from '../cli/run-command-line.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { serve, type HttpServer } from './http-servers.ts';

const NUMBERS = '[9007199254740993,1e400,0.12345678901234567891]';
const STRUCTURED = `{"n":${NUMBERS},"__proto__":{"id":1}}`;
const RESULT = `{"content":[{"type":"text","text":"hi","__proto__":[2]}],"structuredContent":${STRUCTURED},"__proto__":"own"}`;
const TOOLS = `[{"name":"echo","inputSchema":{"maximum":12345678901234567890,"__proto__":{"id":1}}}]`;
const LONG_CALL_MS = 1_050;
const ADA = { userId: 'ada', orgId: 'acme' };

describe('what an MCP server answers comes as it was, with numbers that JavaScript cannot hold and __proto__', () => {
  let stack: TestStack;
  let sessionId: string;
  /** An API that gives the same answer to all. */
  let printing: HttpServer;
  let answer: string;
  /** Before the answer to a call. Returns what else is in it. */
  let meantime: () => Promise<object | undefined>;
  beforeAll(async () => {
    const connection: McpConnection = {
      state: {
        connectionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
        transport: 'streamable-http',
        protocolVersion: '2025-06-18',
        serverInfo: { name: 'counting', version: '1' },
        capabilities: '{}',
      },
      isSuspect: false,
      isAlive: async () => true,
      listTools: async () => parseJson(TOOLS) as { name: string }[],
      callTool: async () => {
        const more = await meantime();
        return { ...(parseJson(RESULT) as McpToolResult), ...more };
      },
      terminate: async () => undefined,
      close: async () => undefined,
    };
    const mcp: McpConnector = { connect: async () => connection, resume: async () => connection };
    stack = await newStack({}, undefined, { mcp });
    printing = await serve((_request, response) => response.setHeader('content-type', 'application/json').end(answer));
  });
  beforeEach(async () => {
    meantime = async () => undefined;
    const session = await stack.manager.createSession(ADA.userId, ADA.orgId);
    sessionId = session.getSessionInfo().id;
    await session.addMcpClient({ id: 'tools', type: 'http', endpoint: 'http://127.0.0.1:9/mcp' });
    stack.audited.length = 0;
  });
  afterAll(async () => {
    await printing?.close();
    await stack?.close();
  });

  const invoke = async (functionName: string, payload: string) => {
    const { signal } = new AbortController();
    return JSON.stringify(
      await handleInvocation(functionName as ApiFunction, stack, JSON.parse(payload), 'request', signal),
    );
  };
  const request = (operation: string) => {
    const tool = operation === 'callMcpTool' && { name: 'echo' };
    return JSON.stringify({ operation, input: { sessionId, clientId: 'tools', ...tool } });
  };
  const CLIENT = '/sessions/{sessionId}/mcp-clients/{clientId}';
  const overHttp = (key: string, body?: string) =>
    send(stack, key, {
      headers: { 'x-user-id': 'ada', 'x-org-id': 'acme' },
      pathParameters: { sessionId, clientId: 'tools' },
      ...(body !== undefined && { body }),
    });
  const client = () =>
    new SessionManagerClient(Object.fromEntries(API_FUNCTIONS.map((name) => [functionVariable(name), name])), invoke);

  test('over HTTP', async () => {
    expect((await overHttp(`POST ${CLIENT}/tool-calls`, '{"name":"echo"}')).body).toBe(RESULT);
    expect((await overHttp(`GET ${CLIENT}/tools`)).body).toBe(`{"tools":${TOOLS}}`);
  });

  test('by direct invocation', async () => {
    expect(await invoke('mcp', request('callMcpTool'))).toBe(`{"ok":true,"output":${RESULT}}`);
    expect(await invoke('mcp', request('listMcpTools'))).toBe(`{"ok":true,"output":{"tools":${TOOLS}}}`);
  });

  test('in the client of the functions', async () => {
    const called = await client().callMcpTool({ sessionId, clientId: 'tools', name: 'echo' });
    expect(JSON.stringify(called)).toBe(RESULT);
    expect(JSON.stringify(await client().listMcpTools({ sessionId, clientId: 'tools' }))).toBe(`{"tools":${TOOLS}}`);
  });

  test('in the library, also beside the warning of a session that ended', async () => {
    const tools = stack.manager.session(sessionId).mcpClient('tools');
    expect(JSON.stringify(await tools.callTool('echo'))).toBe(RESULT);
    meantime = async () => {
      await stack.manager.cleanupSession(sessionId);
      await sleep(LONG_CALL_MS);
      return { _meta: 'no object' };
    };
    const { _meta, ...result } = await tools.callTool('echo');
    expect(_meta).toEqual({ 'agent-session-manager/warnings': [expect.stringContaining('ended')] });
    expect(JSON.stringify(result)).toBe(RESULT);
  });

  test('and the audit log has none of it', async () => {
    await invoke('mcp', request('callMcpTool'));
    expect(stack.audited).toMatchObject([{ operation: 'callMcpTool', tool: 'echo', result: 'success' }]);
    expect(JSON.stringify(stack.audited)).not.toMatch(/9007199254740993|__proto__|rawJSON/);
  });

  const commandOfAda = async (...args: string[]) => {
    const SESSION_MANAGER_URL = new URL(printing.url).origin;
    return commandLine(args, {
      env: { SESSION_MANAGER_URL, SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'acme' },
    });
  };

  test.each([
    ['call', ['echo'], RESULT],
    ['tools', [], `{"tools":${TOOLS}}`],
  ])('at the command line, as JSON of mcp %s', async (command, args, text) => {
    answer = text;
    const { stdout } = await commandOfAda('--json', 'mcp', command, sessionId, 'tools', ...args);
    expect(stdout.replaceAll(/\s/g, '')).toBe(text);
  });

  test.each([
    [`{"structuredContent":${STRUCTURED}}`, STRUCTURED],
    ['{"content":[{"type":"text","text":9007199254740993},{"type":"text","text":"hi"}]}', '9007199254740993\nhi'],
    [
      '{"content":[{"type":9007199254740993,"mimeType":1e400},null,{"type":"image","mimeType":"image/png"}]}',
      '[9007199254740993 1e400]\n[]\n[image image/png]',
    ],
  ])('at the command line, for people: %s', async (text, shown) => {
    answer = text;
    expect(await commandOfAda('mcp', 'call', sessionId, 'tools', 'echo')).toEqual({
      code: 0,
      stdout: `${shown}\n`,
      stderr: '',
    });
  });
});

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { asCaller } from '../../lib/api/client/http-caller.ts';
import { SessionManagerClient, SessionManagerHttpClient } from '../../lib/api/client/session-manager-client.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';
import { rawJson } from '../../lib/json/raw-json.ts';
import { parseJson } from '../../lib/json/json-text.ts';
import { commandLine } from '../cli/run-command-line.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { createSession, startServer, type LocalServer } from './local-server.ts';

const ADA = { userId: 'ada', orgId: 'workshop' };
const ARGS =
  '{"n":9007199254740993,"list":[0.12345678901234567891,1e400,9007199254740994],"__proto__":{"id":-12345678901234567890}}';
const BIG = 9_007_199_254_740_993n;

describe('numbers that JavaScript cannot hold, in arguments of a tool', () => {
  let stack: TestStack;
  let server: LocalServer;
  let mcp: RecordingServer;
  let lambda: LambdaClient;
  let tool: { sessionId: string; clientId: string; name: string };
  let direct: SessionManagerClient;
  let http: SessionManagerHttpClient;

  beforeAll(async () => {
    [stack, mcp] = await Promise.all([newStack(), recordingServer()]);
    server = await startServer(stack.env);
    const { id: sessionId } = await createSession(server);
    await stack.manager.session(sessionId).addMcpClient({ id: 'tools', type: 'http', endpoint: mcp.url });
    tool = { sessionId, clientId: 'tools', name: 'echo' };
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    lambda = new LambdaClient({ endpoint: server.url, region: 'eu-central-1', credentials });
    const env = Object.fromEntries(API_FUNCTIONS.map((name) => [functionVariable(name), name]));
    direct = new SessionManagerClient(env, invoke);
    http = new SessionManagerHttpClient({ url: server.url, authorize: [asCaller(ADA)] });
  });
  afterAll(async () => {
    lambda?.destroy();
    await Promise.allSettled([server?.stop(), mcp?.close()]);
    await stack?.close();
  });

  async function invoke(FunctionName: string, payload: string): Promise<string> {
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(payload) }));
    return Buffer.from(Payload ?? []).toString();
  }
  const invokeTool = async (input: string) => invoke('mcp', `{"operation":"callMcpTool","input":${input}}`);
  const overHttp = async (text: string) => {
    const { sessionId, clientId, name } = tool;
    return fetch(`${server.url}/sessions/${sessionId}/mcp-clients/${clientId}/tool-calls`, {
      method: 'POST',
      headers: { 'x-user-id': 'ada', 'x-org-id': 'workshop', 'content-type': 'application/json' },
      body: `{"name":"${name}","arguments":${text}}`,
    });
  };
  const inputText = (text: string) => `${JSON.stringify(tool).slice(0, -1)},"arguments":${text}}`;
  const commandLineCall = (written: string, stdin?: string) =>
    commandLine(['mcp', 'call', tool.sessionId, 'tools', 'echo', written], {
      env: { SESSION_MANAGER_URL: server.url, SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'workshop' },
      ...(stdin !== undefined && { stdin }),
    });
  const args = () => parseJson(ARGS) as Record<string, unknown>;

  const ways: Record<string, () => Promise<unknown>> = {
    HTTP: () => overHttp(ARGS),
    'an invocation with its input as text': () => invokeTool(JSON.stringify(inputText(ARGS))),
    'the HTTP client': () => http.callMcpTool({ ...tool, arguments: args() }),
    'the client of the functions': () => direct.callMcpTool({ ...tool, arguments: args() }),
    'the client of the functions for somebody': () => direct.as(ADA).callMcpTool({ ...tool, arguments: args() }),
    'the library': () => stack.manager.session(tool.sessionId).mcpClient('tools').callTool('echo', args()),
    'the command line': () => commandLineCall(ARGS),
    'stdin of the command line': () => commandLineCall('-', ARGS),
  };
  test.each(Object.entries(ways))('arrive digit for digit through %s', async (_, call) => {
    mcp.requests.length = 0;
    await call();
    expect(mcp.requests.map(({ body }) => body).find((body) => body.includes('tools/call'))).toContain(
      `"arguments":${ARGS}`,
    );
  });

  test('arrive as the numbers that they are: BigInts, and numbers beyond the safe ones', async () => {
    const given = { big: BIG, raw: rawJson('1e400'), even: Number(BIG) + 2, small: 5n, deep: [{ big: -BIG }] };
    for (const call of [
      () => http.callMcpTool({ ...tool, arguments: given }),
      () => direct.callMcpTool({ ...tool, arguments: given }),
      () => stack.manager.session(tool.sessionId).mcpClient('tools').callTool('echo', given),
    ]) {
      mcp.requests.length = 0;
      await call();
      const said = `"arguments":{"big":${BIG},"raw":1e400,"even":9007199254740994,"small":5,"deep":[{"big":-${BIG}}]}`;
      expect(mcp.requests.map(({ body }) => body).join()).toContain(said);
    }
    mcp.requests.length = 0;
    await direct.callMcpTool({ ...tool, arguments: { even: Number(BIG) + 2 } });
    expect(mcp.requests.map(({ body }) => body).join()).toContain('"arguments":{"even":9007199254740994}');
  });

  test.each(['9007199254740993', '9007199254740992', '-1e400', '1e21'])(
    'are refused where the event was read by Lambda, which may have changed them: %s',
    async (number) => {
      mcp.requests.length = 0;
      const answer = JSON.parse(await invokeTool(inputText(`{"list":[1,${number}]}`))) as unknown;
      expect(answer).toMatchObject({
        ok: false,
        error: { code: 'VALIDATION', details: { errors: [{ path: 'arguments.list.1' }] } },
      });
      expect(mcp.requests).toEqual([]);
    },
  );

  test.each(['9007199254740991', '-9007199254740991', '0.1', '1e-7'])(
    'that JavaScript holds need no text: %s',
    async (number) => {
      mcp.requests.length = 0;
      await invokeTool(inputText(`{"n":${number}}`));
      expect(mcp.requests.map(({ body }) => body).join()).toContain(`"arguments":{"n":${number}}`);
    },
  );

  test('that are none are refused, and were null', async () => {
    for (const number of [NaN, Infinity]) {
      for (const call of [
        () => http.callMcpTool({ ...tool, arguments: { number } }),
        () => direct.callMcpTool({ ...tool, arguments: { number } }),
        () => stack.manager.session(tool.sessionId).mcpClient('tools').callTool('echo', { number }),
        () => direct.putLimit({ scope: 'global', limit: number }),
        () => http.putLimit({ scope: 'global', limit: number }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'VALIDATION' });
      }
    }
  });

  test.each([
    ['is not JSON', '{"a":"b"}]'],
    ['is nested too deeply', `{"a":${'['.repeat(500)}${']'.repeat(500)}}`],
    ['must be an object', '[]'],
  ])('are looked for in a text that %s: it is refused', async (message, text) => {
    const answer = JSON.parse(await invokeTool(JSON.stringify(text))) as unknown;
    expect(answer).toMatchObject({
      error: {
        code: 'VALIDATION',
        message: expect.stringContaining(message),
        details: { errors: [{ path: 'input' }] },
      },
    });
  });

  test('are refused by name where the server reads them', async () => {
    const told = await commandLine(['create', '--prompt-variables', '{"deep":[{"n":9007199254740993}]}'], {
      env: { SESSION_MANAGER_URL: server.url, SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'workshop' },
    });
    expect(told).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^VALIDATION: promptVariables\.deep\.0\.n: is a number that would be rounded \(/),
    });
  });
});

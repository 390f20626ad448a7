import { readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpClientConfig } from '../../../lib/mcp-clients/mcp-client-config.ts';
import { guardedFetch, type Fetch } from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { ServerConnector } from '../../../lib/mcp-clients/transports/server-connector.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { EVERYTHING, startEverythingServer, type EverythingServer } from '../everything-server.ts';
import { anotherInstance } from '../instance.ts';
import { expectDead } from '../processes.ts';

const FILESYSTEM = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js', import.meta.url),
);
const SECRET = 'AWS_SECRET_ACCESS_KEY';

/** What answers an initialization over stdio and then each call with the JSON of `answer`. */
const answering = (answer: string) => `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const { protocolVersion } = params ?? {};
    const said = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'small', version: '1' } };
    const result = method === 'initialize' ? said : ${answer};
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  });`;

describe('MCP clients by their transport', () => {
  let stack: TestStack;
  let session: Session;
  let other: ReturnType<typeof anotherInstance>;
  const http: { streamable?: EverythingServer; sse?: EverythingServer } = {};
  beforeAll(async () => {
    [http.streamable, http.sse] = await Promise.all([startEverythingServer(), startEverythingServer('sse')]);
  });
  afterAll(async () => {
    await http.streamable?.stop();
    await http.sse?.stop();
  });
  beforeEach(async () => {
    process.env[SECRET] = 'canary-of-our-process';
    stack = await newStack({ MCP_STDIO_COMMANDS: `${process.execPath},no-such-command` });
    session = await stack.manager.createSession('alice', 'acme');
    other = anotherInstance(stack);
  });
  afterEach(async () => {
    delete process.env[SECRET];
    other.close();
    await stack.close();
  });

  const stdio = (...args: string[]): McpClientConfig => ({ id: 'x', type: 'stdio', command: process.execPath, args });
  const workspaceFile = (name: string) => path.join(session.getSessionInfo().workspacePath, name);
  const transports: Record<string, () => McpClientConfig> = {
    'Streamable HTTP': () => ({ id: 'x', type: 'http', endpoint: http.streamable?.url }),
    SSE: () => ({ id: 'x', type: 'sse', endpoint: http.sse?.url }),
    'SSE, where http was asked for': () => ({ id: 'x', type: 'http', endpoint: http.sse?.url }),
    stdio: () => stdio(EVERYTHING, 'stdio'),
  };

  test.each(Object.entries(transports))(
    'server-everything over %s: added, called from another instance, removed',
    async (_transport, config) => {
      const added = await session.addMcpClient(config());
      expect(added.getInfo()).toMatchObject({ type: config().type, protocolVersion: expect.stringMatching(/^\d{4}-/) });
      expect((await added.listTools()).map(({ name }) => name)).toContain('echo');
      expect(await added.callTool('get-sum', { a: 2, b: 3 })).toMatchObject({ content: [{ type: 'text' }] });
      const there = other.manager.session(session.id).mcpClient('x');
      expect(await there.callTool('echo', { message: 'there' })).toEqual({
        content: [{ type: 'text', text: 'Echo: there' }],
      });
      expect((await there.listTools()).map(({ name }) => name)).toContain('echo');
      await other.manager.session(session.id).removeMcpClient('x');
      await expect(added.callTool('echo', { message: 'gone' })).rejects.toMatchObject({ code: 'MCP_CLIENT_NOT_FOUND' });
      expect(await stack.parts.mcpClients.list(session.id)).toEqual([]);
    },
  );

  test('server-filesystem works in the workspace of the session, and nowhere else', async () => {
    const added = await session.addMcpClient(stdio(FILESYSTEM, '.'));
    expect((await added.listTools()).map(({ name }) => name)).toContain('write_file');
    expect(await added.callTool('write_file', { path: 'note.txt', content: 'kept' })).not.toHaveProperty('isError');
    expect(await readFile(workspaceFile('note.txt'), 'utf8')).toBe('kept');
    const there = other.manager.session(session.id).mcpClient('x');
    expect(await there.callTool('read_text_file', { path: 'note.txt' })).toMatchObject({ content: [{ text: 'kept' }] });
    expect(await there.callTool('read_text_file', { path: '/etc/hosts' })).toMatchObject({ isError: true });
    await other.manager.session(session.id).removeMcpClient('x');
    expect(await session.listMcpClients()).toEqual([]);
  });

  test('the fallback to SSE is remembered: later calls do not ask the new way again', async () => {
    const endpoint = http.sse?.url as string;
    await session.addMcpClient({ id: 'x', type: 'http', endpoint });
    const asked: [string, URL][] = [];
    const guarded = guardedFetch({ loopback: true, maxBytes: 1024 * 1024 });
    const recording: Fetch = (url, init) => {
      asked.push([init?.method ?? 'GET', new URL(url)]);
      return guarded(url, init);
    };
    const fetch = Object.assign(recording, { ...guarded, reporting: () => recording });
    const mcp = new ServerConnector({ fetch, stdioCommands: [], searchPath: undefined });
    const later = anotherInstance(stack, mcp);
    await later.manager.session(session.id).mcpClient('x').callTool('echo', { message: 'later' });
    later.close();
    await guarded.close();
    expect(asked[0]).toEqual(['GET', new URL(endpoint)]);
    expect(asked.filter(([method, { href }]) => method === 'POST' && href === endpoint)).toEqual([]);
  });

  test('results of every kind are what the SDK itself gets', async () => {
    const client = await session.addMcpClient({ id: 'x', type: 'http', endpoint: http.streamable?.url });
    const sdk = new Client({ name: 'comparison', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(http.streamable?.url as string));
    await sdk.connect(transport);
    try {
      for (const [name, args, kind] of [
        ['get-tiny-image', {}, 'image'],
        ['get-annotated-message', { messageType: 'error', includeImage: true }, 'annotations'],
        ['get-resource-links', { count: 2 }, 'resource_link'],
        ['get-structured-content', { location: 'Chicago' }, 'structuredContent'],
      ] as const) {
        const result = await client.callTool(name, args);
        expect(result).toEqual(await sdk.callTool({ name, arguments: args }));
        expect(JSON.stringify(result)).toContain(`"${kind}"`);
      }
      const embedded = await client.callTool('get-resource-reference', { resourceType: 'Text', resourceId: 1 });
      expect(embedded).toMatchObject({
        content: [{}, { type: 'resource', resource: { uri: expect.any(String) } }, {}],
      });
    } finally {
      await transport.terminateSession();
      await sdk.close();
    }
  });

  describe('over stdio', () => {
    test('have a clean environment, in the workspace', async () => {
      const client = await session.addMcpClient(stdio(EVERYTHING, 'stdio'));
      const { content } = (await client.callTool('get-env')) as { content: [{ text: string }] };
      const env = JSON.parse(content[0].text) as Record<string, string>;
      expect(Object.keys(env).sort()).toEqual(['AGENT_SESSION_MANAGER_CHILD', 'HOME', 'LANG', 'PATH']);
      expect(content[0].text).not.toContain('canary');
      expect(await realpath(env.HOME as string)).toBe(await realpath(session.getSessionInfo().workspacePath));
    });

    test('are started for each call, and gone afterwards with what they started', async () => {
      const script = `
        const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
        ${answering('{ content: [], pids: [process.pid, child.pid] }')}`;
      const client = await session.addMcpClient(stdio('-e', script));
      const first = await pidsOf(client.callTool('any'));
      const second = await pidsOf(client.callTool('any'));
      expect(new Set([...first, ...second]).size).toBe(4);
      for (const pid of [...first, ...second]) await expectDead(pid);
    });

    test('are refused where their command is not on the list', async () => {
      for (const command of ['/bin/sh', 'node', `${process.execPath} `, 'NO-SUCH-COMMAND']) {
        await expect(session.addMcpClient({ id: 'x', type: 'stdio', command })).rejects.toMatchObject({
          code: 'MCP_ENDPOINT_FORBIDDEN',
        });
      }
    });

    const failing: Record<string, string[]> = {
      'exits at once': ['-e', 'process.exit(3)'],
      'prints garbage': ['-e', 'setInterval(() => console.log("garbage"), 10)'],
      'prints 20 MB without an end of line': [
        '-e',
        'process.stdout.write("x".repeat(20e6)); setInterval(() => {}, 1000)',
      ],
      hangs: ['-e', 'setInterval(() => {}, 1000)'],
      'ignores signals': ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'],
    };
    test.each(Object.entries(failing))('a command that %s is a failed connection', async (_what, args) => {
      await expectFailsInTime(session.addMcpClient({ ...stdio(...args), config: { timeoutMs: 1_500 } }));
      expect(await stack.parts.mcpClients.list(session.id)).toEqual([]);
      await session.addMcpClient(stdio('-e', answering('{ content: [] }')));
    });

    test('a command that does not exist is a failed connection', async () => {
      await expectFailsInTime(session.addMcpClient({ id: 'x', type: 'stdio', command: 'no-such-command' }));
    });

    test('a command that ends in the middle of a call is a failed connection, not a result', async () => {
      const client = await session.addMcpClient(stdio('-e', answering('process.exit(1)')));
      await expectFailsInTime(client.callTool('any'));
      await expectFailsInTime(client.listTools());
    });

    test('a command that works no more fails the call alone', async () => {
      await writeFile(workspaceFile('server.cjs'), answering('{ content: [] }'));
      const client = await session.addMcpClient({ ...stdio('server.cjs'), config: { timeoutMs: 3_000 } });
      await writeFile(workspaceFile('server.cjs'), 'process.exit(1)');
      await expectFailsInTime(client.callTool('any'));
      await writeFile(workspaceFile('server.cjs'), answering('{ content: [] }'));
      expect(await client.callTool('any')).toEqual({ content: [] });
    });
  });
});

async function expectFailsInTime(call: Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await expect(call).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
  expect(performance.now() - startedAt).toBeLessThan(6_000);
}

async function pidsOf(call: Promise<unknown>): Promise<number[]> {
  const { pids } = (await call) as { pids: number[] };
  expect(pids).toEqual([expect.any(Number), expect.any(Number)]);
  return pids;
}

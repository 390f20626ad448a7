import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { McpClientConfig } from '../../../lib/mcp-clients/mcp-client-config.ts';
import type { McpTarget } from '../../../lib/mcp-clients/mcp-connector.ts';
import { guardedFetch } from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { ServerConnector } from '../../../lib/mcp-clients/transports/server-connector.ts';
import { inject } from '../../faults/dynamodb-faults.ts';
import { newStack } from '../../setup/test-stack.ts';
import { expectDead, isRunning } from '../processes.ts';

const run = promisify(execFile);
const STAYS = 'setInterval(() => {}, 1000);';

/** A command that forks twice, so that a process stays which has another parent, another group and another session. */
const leaving = (file: string, then: string): string => {
  const daemon = `
    const { spawn } = require('node:child_process');
    const { pid } = spawn(process.execPath, ['-e', ${JSON.stringify(STAYS)}], { detached: true, stdio: 'ignore' });
    require('node:fs').appendFileSync(${JSON.stringify(file)}, pid + '\\n');
    process.exit();`;
  return `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(daemon)}]); ${then}`;
};

/** An MCP server over stdio that initializes with `initialized`, and answers the rest with `answer`. */
const serving = (initialized: string, answer = '{ result: { content: [] } }') => `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const { protocolVersion } = params ?? {};
    const said = { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'small', version: '1' } };
    const answer = method === 'initialize' ? ${initialized} : ${answer};
    if (answer) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n');
  });`;
const AS_USUAL = '{ result: said }';
const DEEP = `(() => { const text = '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000);
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: said })
    .replace('"tools":{}', () => '"experimental":{"a":' + text + '}') + '\\n'); })()`;

describe('a command leaves no process in a session of its own', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'leftovers-'));
    file = path.join(directory, 'pids');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** At once: whoever has the answer may look. */
  const expectNoneLeft = async (count = 1) => {
    const pids = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
    expect(pids).toHaveLength(count);
    for (const pid of pids) expect([pid, await isRunning(pid)]).toEqual([pid, false]);
  };

  test('and one that cannot be started leaves no listener', async () => {
    const connector = new ServerConnector({
      ...{ fetch: guardedFetch({ loopback: true, maxBytes: 1024 }), searchPath: undefined },
      stdioCommands: ['no-such-command'],
    });
    const target = {
      address: { type: 'stdio', command: 'no-such-command', args: [] },
      ...{ credentials: {}, credentialsId: '', workspacePath: directory, timeoutMs: 1_500 },
    };
    const before = process.listenerCount('exit');
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(connector.connect(target as McpTarget)).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    }
    expect(process.listenerCount('exit')).toBe(before);
  });

  describe('when it', () => {
    const ways: Record<string, string> = {
      'never answers': STAYS,
      'exits at once': 'process.exit(3)',
      'refuses to be initialized': serving('{ error: { code: -32603, message: "no" } }'),
      'ends while it is initialized': serving('process.exit(1)'),
      'speaks a version that nobody knows': serving('{ result: { ...said, protocolVersion: "1999-01-01" } }'),
      'says of itself what is nested too deeply': serving(DEEP),
      'sends a message that is too large': `process.stdout.write('x'.repeat(13e6)); ${STAYS}`,
    };
    test.each(Object.entries(ways))('%s', async (_what, then) => {
      const exits = then.startsWith('process.exit');
      const fetch = guardedFetch({ loopback: true, maxBytes: 1024 });
      const connector = new ServerConnector({ fetch, stdioCommands: [process.execPath], searchPath: undefined });
      const target = {
        address: { type: 'stdio', command: process.execPath, args: ['-e', leaving(file, then)] },
        ...{ credentials: {}, credentialsId: '', workspacePath: directory, timeoutMs: exits ? 10_000 : 1_500 },
      };
      await expect(connector.connect(target as McpTarget)).rejects.toThrow();
      // Servers before 2026-07-28 may exit at a request that they do not know, so it is started again, and initialized.
      await expectNoneLeft(exits ? 2 : 1);
    });
  });

  test('when the client is too large to be stored, the table fails, a call ends or is aborted', async () => {
    const stack = await newStack({ MCP_STDIO_COMMANDS: process.execPath });
    const session = await stack.manager.createSession('alice', 'acme');
    const config = (then: string): McpClientConfig => ({
      ...{ id: 'x', type: 'stdio', command: process.execPath, args: ['-e', leaving(file, then)] },
    });
    const large = serving('{ result: { ...said, serverInfo: { ...said.serverInfo, title: "x".repeat(40_000) } } }');
    await expect(session.addMcpClient(config(large))).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    await expectNoneLeft(1);

    const answer = 'params.name === "never" ? undefined : { result: { content: [] } }';
    const client = await session.addMcpClient(config(serving(AS_USUAL, answer)));
    await client.callTool('any');
    await expectNoneLeft(3);
    await expect(client.callTool('never', {}, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow(/timeout/);
    await expectNoneLeft(4);

    inject(stack.client, {
      before: (command) => {
        if (command === 'TransactWriteItemsCommand') throw new Error('the table is away');
      },
    });
    await expect(session.addMcpClient({ ...config(serving(AS_USUAL)), id: 'y' })).rejects.toThrow('the table is away');
    await expectNoneLeft(5);
    await stack.close();
  });

  test('when the process that started it exits', async () => {
    const then = `process.stdout.write(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/any' }) + '\\n'); ${STAYS}`;
    const program = fileURLToPath(new URL('exiting-process.ts', import.meta.url));
    const started = [program, process.execPath, '-e', leaving(file, then)];
    await run(process.execPath, ['--import', 'tsx', ...started], { cwd: path.dirname(program) });
    // Who exits kills and cannot wait.
    await expectDead(Number(await readFile(file, 'utf8')));
  });
});

import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ChildProgram } from '../../local/child-program.ts';
import { createSession, newDirectory, PROJECT, startServer, type LocalServer } from '../local/local-server.ts';
import { EVERYTHING } from '../mcp-clients/everything-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { commandLine, type Surroundings } from './run-command-line.ts';
import { completions, isInstalled } from './shells.ts';

const MIB = 1024 * 1024;

describe('the command line at a server', () => {
  let stack: TestStack;
  let server: LocalServer;
  let id: string;
  let workspacePath: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    stack = await newStack({ MCP_STDIO_COMMANDS: 'node' });
    server = await startServer(stack.env);
    ({ id, workspacePath } = await createSession(server));
    env = { SESSION_MANAGER_URL: server.url, SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'workshop' };
  });
  afterAll(async () => {
    await server?.stop();
    await stack?.close();
  });

  const run = (args: string[], more: Surroundings = {}) => commandLine(args, { ...more, env: { ...env, ...more.env } });
  const json = async (...args: string[]) => {
    const { code, stdout } = await run(['--json', ...args]);
    return { code, output: JSON.parse(stdout) as unknown };
  };

  test('an MCP client is added, its tools are called, and it is removed', async () => {
    const added = await json('mcp', 'add', id, 'all', '--name', 'Everything', '--', 'node', EVERYTHING, 'stdio');
    expect(added).toMatchObject({ code: 0, output: { id: 'all', name: 'Everything', type: 'stdio', command: 'node' } });
    expect((await run(['mcp', 'list', id])).stdout).toMatch(
      /^ID +NAME +TYPE .*\nall +Everything +stdio +node +mcp-servers/,
    );
    expect((await run(['mcp', 'tools', id, 'all'])).stdout).toMatch(/\necho +Echoes back/);
    expect(await run(['mcp', 'call', id, 'all', 'echo', '{"message":"hi"}'])).toMatchObject({
      code: 0,
      stdout: 'Echo: hi\n',
    });
    const told = await run(['mcp', 'call', id, 'all', 'echo', '-'], { stdin: '{"message":"by \\u001b[2J"}' });
    expect(told).toMatchObject({ code: 0, stdout: 'Echo: by \\u001b[2J\n' });
    const failed = await json('mcp', 'call', id, 'all', 'echo', '{"message":1}');
    expect(failed).toMatchObject({ code: 1, output: { isError: true } });
    expect(await json('mcp', 'remove', id, 'all')).toEqual({ code: 0, output: { removed: 'all' } });
    expect(await json('mcp', 'list', id)).toEqual({ code: 0, output: { mcpClients: [] } });
    expect(await run(['mcp', 'tools', id, 'all'])).toMatchObject({ code: 3 });
  });

  test('an MCP server that is not named, or by the option for the API, is asked for', async () => {
    for (const named of [[], ['--url', 'http://127.0.0.1:9/mcp'], ['--type', 'stdio']]) {
      const told = await run(['mcp', 'add', id, 'nameless', ...named]);
      expect(told).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^USAGE: .*--endpoint.*--url/) });
    }
    const help = (await run(['mcp', 'add', '--help'])).stdout;
    expect(help).toContain('agent-session-manager mcp add $id search --endpoint https://');
    expect(help).toContain('agent-session-manager mcp add $id files -- npx');
  });

  test('credentials of an MCP server come by a file or stdin, and are not repeated', async () => {
    const add = ['mcp', 'add', id, 'shy', '--endpoint', 'http://127.0.0.1:9/mcp', '--auth-file', '-'];
    for (const stdin of [
      'hidden',
      '["hidden"]',
      '{"auth":{"type":"bearer","token":"hidden"},"hidden":1}',
      '{"auth":{"type":"hidden"}}',
    ]) {
      const told = await run(add, { stdin });
      expect(told.code).toBe(2);
      expect(told.stdout + told.stderr).not.toContain('hidden');
    }
    const refused = await run(add, { stdin: '{"auth":{"type":"bearer","token":"hidden"}}' });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('MCP_CONNECTION') });
    expect(refused.stderr).not.toContain('hidden');
  });

  test('files of any size go up and down, with a bar for whoever watches', async () => {
    const directory = await newDirectory();
    const [source, target] = [path.join(directory, 'big.bin'), path.join(directory, 'got.bin')];
    const content = randomBytes(9 * MIB + 1);
    await writeFile(source, content);
    const put = await run(['files', 'put', id, source, 'deep/big.bin', '--mode', '755'], { isTTY: true });
    expect(put).toMatchObject({ code: 0, stderr: expect.stringMatching(/Writing \[.+\] 100% 9437185\/9437185 bytes/) });
    expect(await json('files', 'get', id, 'deep/big.bin', target)).toEqual({
      code: 0,
      output: { path: 'deep/big.bin', target, size: content.length },
    });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect((await stat(path.join(workspacePath, 'deep', 'big.bin'))).mode & 0o7777).toBe(0o755);
    const setId = await run(['files', 'put', id, source, 'deep/big.bin', '--mode', '4755']);
    expect(setId).toMatchObject({ code: 2, stderr: expect.stringMatching(/^VALIDATION: mode: /) });
    const entries = [{ name: 'big.bin', type: 'file', size: content.length, modifiedAt: expect.any(String) }];
    expect(await json('files', 'ls', id, 'deep')).toEqual({ code: 0, output: { entries } });
    expect(await run(['files', 'rm', id, 'deep', '--recursive'])).toMatchObject({ code: 0, stdout: 'removed deep\n' });
    expect(await run(['files', 'get', id, 'deep/big.bin', path.join(directory, 'none')])).toMatchObject({ code: 3 });
    expect((await readdir(directory)).sort()).toEqual(['big.bin', 'got.bin']);
  });

  test('files and directories are moved, copied and listed with what is below them', async () => {
    const put = (at: string) => run(['files', 'put', id, '-', at], { stdin: 'x' });
    await put('from/a/file');
    await put('there');
    expect(await run(['files', 'mv', id, 'from/a', 'to/b'])).toEqual({
      code: 0,
      stdout: 'moved from/a to to/b\n',
      stderr: '',
    });
    expect(await json('files', 'cp', id, 'to/b/file', '--', '- copy')).toEqual({
      code: 0,
      output: { from: 'to/b/file', to: '- copy' },
    });
    const over = ['files', 'cp', id, 'there', 'to/b/file'];
    expect(await run(over)).toMatchObject({ code: 1, stderr: expect.stringContaining('FILE_EXISTS') });
    expect(await run([...over, '--overwrite'])).toMatchObject({ code: 0 });
    const tree = (...more: string[]) => run(['files', 'tree', id, ...more]);
    expect((await tree('to')).stdout).toMatch(
      /^PATH +TYPE +SIZE +MODIFIED\nto\/b +directory .*\nto\/b\/file +file +1 /,
    );
    expect((await tree('--depth', '1')).stdout).not.toContain('to/b');
    // The name is that of the bytes V, 0xED, c: what `ls` shows of it is not what it is.
    expect(await run(['files', 'cp', id, 'there', 'to/V%EDc', '--encoded'])).toMatchObject({ code: 0 });
    const listed = (await run(['files', 'ls', id, 'to'])).stdout;
    expect(listed).toMatch(/^NAME +TYPE +SIZE +MODIFIED +ENCODED\nV\ufffdc +file .* V%EDc\nb +directory /);
    expect(await run(['files', 'get', id, 'to/V%EDc', '-', '--encoded'])).toMatchObject({ code: 0, stdout: 'x' });
    expect(await run(['files', 'put', id, '-', 'to/V%EEc', '--encoded'], { stdin: 'y' })).toMatchObject({ code: 0 });
    for (const name of ['to/V%EDc', 'to/V%EEc']) {
      expect(await run(['files', 'rm', id, name, '--encoded'])).toMatchObject({ code: 0 });
    }
    for (const at of ['from', 'to']) await run(['files', 'rm', id, at, '-r']);
    for (const at of ['there', '- copy']) expect(await run(['files', 'rm', id, '--', at])).toMatchObject({ code: 0 });
  });

  test('files come from stdin and go to stdout, as they are', async () => {
    const put = (more: string[] = []) =>
      run(['files', 'put', ...more, id, '--', '-', '- note'], { stdin: 'not\ta\u001b table\n' });
    expect((await put(['--new'])).code).toBe(0);
    expect(await put(['--new'])).toMatchObject({ code: 1, stderr: expect.stringContaining('PRECONDITION_FAILED') });
    expect(await run(['files', 'get', id, '--', '- note', '-'])).toEqual({
      code: 0,
      stdout: 'not\ta\u001b table\n',
      stderr: '',
    });
    expect((await run(['files', 'ls', id])).stdout).toMatch(/^NAME +TYPE +SIZE +MODIFIED\n- note +file +13 /);
    expect(await run(['files', 'rm', id, '--', '- note'])).toMatchObject({ code: 0 });
    expect(await run(['files', 'put', id, '-'])).toMatchObject({ code: 2 });
    expect(await run(['files', 'put', id, '/nowhere/at-all'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LOCAL_FILE'),
    });
  });

  test('events are shown as they happen, a line each', async () => {
    const asOperator = ['--role', 'operator', '--last-event-id', 'none'];
    const watched = await run(['watch', '--count', '1', '--json', ...asOperator]);
    const { type, sessionId } = JSON.parse(watched.stdout) as Record<string, unknown>;
    expect({ code: watched.code, type, sessionId }).toEqual({ code: 0, type: 'session.created', sessionId: id });
    const line = new RegExp(`^\\S+Z  session\\.created +${id}  ada/workshop  createdAt=.*inactivitySeconds=86400\\n$`);
    expect((await run(['watch', '--count', '1', ...asOperator])).stdout).toMatch(line);
    expect(await run(['watch'])).toMatchObject({ code: 5, stdout: '' });
  });

  describe('as a process of its own', () => {
    const start = (...args: string[]) =>
      new ChildProgram(
        process.execPath,
        ['--import', 'tsx', 'lib/cli/main.ts', ...args],
        { PATH: process.env.PATH, SHELL: '/bin/bash', ...env },
        PROJECT,
      );

    test('a watch goes on until Ctrl-C, and then ends with 130', async () => {
      const watch = start('watch', '--role', 'operator', '--last-event-id', 'none');
      await watch.untilPrinted(/session\.created/, 20_000);
      expect(await watch.stop('SIGINT')).toEqual({ code: 130, signal: null });
      expect(watch.output()).toContain('INTERRUPTED');
    });

    test('its exit code is what is stated, and its help states it', async () => {
      const get = start('get', 'none');
      expect(await get.exited).toEqual({ code: 3, signal: null });
      expect(get.output()).toMatch(/^SESSION_NOT_FOUND: There is no such session\. \(requestId=[\w-]+\)\n$/);
      const help = await run(['--help']);
      expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/Exit codes:\n {2}0 .*\n {2}1 /) });
      for (const name of [
        'create',
        'list',
        'prompt',
        'layers',
        'limits',
        'heartbeat',
        'metadata',
        'reconcile',
        'health',
      ]) {
        expect(help.stdout).toContain(`agent-session-manager ${name}`);
      }
    });

    test('it completes commands, options and choices in bash, with the script that it prints', async () => {
      const { bash } = await completions();
      expect(await bash('agent-session-manager ', 'us')).toEqual(['usage']);
      expect(await bash('agent-session-manager mcp ', '')).toEqual(
        expect.arrayContaining(['add', 'auth', 'list', 'tools', 'call', 'remove']),
      );
      expect(await bash('agent-session-manager layers list ', 'o')).toEqual(['org']);
      expect(await bash('agent-session-manager create --metadata a=b ', '--us')).toEqual(['--user']);
    });

    const hasZsh = isInstalled('zsh');
    test(hasZsh ? 'and in zsh' : 'and in zsh, which is not installed here: its script is only read', async () => {
      const { stdout: script } = await run(['completion', 'zsh']);
      expect(script).toMatch(/^#compdef agent-session-manager\n[\s\S]+\nfi\n$/);
      expect(script.split(/[{}]/).length % 2).toBe(1);
      if (!hasZsh) return;
      const { zsh } = await completions();
      expect(await zsh('agent-session-manager', 'us')).toEqual(
        expect.arrayContaining([expect.stringMatching(/^usage:Show /), expect.stringMatching(/^update:/)]),
      );
      expect(await zsh('agent-session-manager layers list', 'o')).toEqual(['org']);
      expect(await zsh('agent-session-manager create', '--met')).toEqual(
        expect.arrayContaining([expect.stringMatching(/^--metadata:name=value/)]),
      );
    });

    test('it says which shells it has a script for, and takes the one that SHELL names', async () => {
      const bySHELL = (SHELL: string) => run(['completion'], { env: { SHELL } });
      expect((await bySHELL('/usr/bin/zsh')).stdout).toMatch(/^#compdef/);
      expect((await bySHELL('/bin/bash')).stdout).toContain('for bash');
      expect(await bySHELL('/bin/fish')).toMatchObject({ code: 2, stderr: expect.stringContaining('completion zsh') });
      expect(await run(['completion', 'fish'])).toMatchObject({ code: 2, stdout: '' });
    });
  });
});

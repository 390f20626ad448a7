import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { parsed, usersOfServer } from './command-line-user.ts';
import { commandLine } from './run-command-line.ts';

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('sessions at the command line', () => {
  const { somebody, root } = usersOfServer();

  test('a session is created, shown, listed and ended, in the API’s own documents', async () => {
    const { user, json } = somebody();
    const created = await json('create --metadata task=report --metadata equation=a=b --inactivity-seconds 120');
    const session = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userId: user,
      orgId: 'acmé',
      workspacePath: expect.stringContaining(root()),
      status: 'active',
      mcpClientIds: [],
      metadata: { task: 'report', equation: 'a=b' },
      version: 1,
      createdAt: ISO,
      lastActiveAt: ISO,
      expiresAt: ISO,
    };
    expect(created).toEqual({ code: 0, output: session, problem: undefined });
    const { id } = created.output as { id: string };
    expect(await json(`get ${id}`)).toEqual({ code: 0, output: { ...session, id }, problem: undefined });
    expect(await json('list')).toEqual({ code: 0, output: { sessions: [{ ...session, id }] }, problem: undefined });
    expect((await json('usage')).output).toMatchObject({ user: { active: 1, limit: 3 }, org: { limit: null } });
    expect(await json(`end ${id}`)).toEqual({ code: 0, output: { ended: [id], failed: [] }, problem: undefined });
    expect((await json('list')).output).toEqual({ sessions: [] });
  });

  test('people get tables, and what would drive their terminal is only shown', async () => {
    const { user, run, json } = somebody();
    const created = await run('create --metadata note=\u001b[31m\u009b2J\u202e');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    expect(created.stdout).toMatch(/^id +[0-9a-f-]{36}\nuserId +ada-/);
    const [names = '', row = '', ...rest] = (await run('list')).stdout.split('\n');
    expect(names).toMatch(/^ID +USER +ORG +LAST ACTIVE +EXPIRES +MCP +METADATA$/);
    expect(row).toMatch(
      new RegExp(`^[0-9a-f-]{36}  ${user}  acmé +2.*Z  2.*Z  0    note=\\\\u001b\\[31m\\\\u009b2J\\\\u202e$`),
    );
    expect(rest).toEqual(['']);
    expect((await run('usage')).stdout).toMatch(/^SCOPE {2}ACTIVE {2}LIMIT\nuser {3}1 {7}3\norg {4}\d+ +none\n$/);
    const { stdout } = await run('list --json');
    expect(stdout).toContain('\\u009b2J\\u202e');
    expect((await json('list')).output).toMatchObject({
      sessions: [{ metadata: { note: '\u001b[31m\u009b2J\u202e' } }],
    });
  });

  test('lists go on where they ended, or take all', async () => {
    const { run, json } = somebody();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift(((await json('create')).output as { id: string }).id);
    const idsOf = (output: unknown) => (output as { sessions: { id: string }[] }).sessions.map(({ id }) => id);
    const first = (await json('list --limit 2')).output as { nextCursor: string };
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    const second = await json(`list --limit 2 --cursor ${first.nextCursor}`);
    expect(idsOf(second.output)).toEqual(ids.slice(2));
    expect(second.output).not.toHaveProperty('nextCursor');
    expect(idsOf((await json('list --all')).output)).toEqual(ids);
    expect((await run('list --limit 2')).stderr).toContain(`--cursor ${first.nextCursor}`);
    const asAdmin = { env: { SESSION_MANAGER_USER: 'boss', SESSION_MANAGER_ROLE: 'admin' } };
    expect(idsOf((await json('list --all --whole-org', asAdmin)).output)).toEqual(expect.arrayContaining(ids));
  });

  test('many are ended at once, those that fail are told, and the exit code is theirs', async () => {
    const { run, json } = somebody();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(((await json('create')).output as { id: string }).id);
    const [one, two, three] = ids;
    const ended = await run(`end - ${one} none`, { stdin: `${two}\n${three}\n${one}\n`, isTTY: true });
    expect(ended.code).toBe(3);
    expect(ended.stdout.trim().split('\n').sort()).toEqual(ids.map((id) => `ended ${id}`).sort());
    expect(ended.stderr).toContain('none: SESSION_NOT_FOUND: There is no such session.');
    expect(ended.stderr).toMatch(/Ending \[.+\] 100% 4\/4 sessions/);
    expect((await run('end x y')).stderr).not.toContain('Ending');
  });

  test('a key makes a repeated create the same session', async () => {
    const { json } = somebody();
    const first = await json('create --idempotency-key k1');
    expect((await json('create --idempotency-key k1')).output).toEqual(first.output);
    const other = await json('create --idempotency-key k1 --metadata a=b');
    expect(other).toMatchObject({ code: 1, output: undefined, problem: { code: 'IDEMPOTENCY_CONFLICT', status: 409 } });
  });

  test('a cleanup ends what is idle, and needs an admin', async () => {
    const { run, json } = somebody();
    const org = { SESSION_MANAGER_ORG: randomUUID() };
    const { id } = (await json('create', { env: org })).output as { id: string };
    expect(await run('cleanup', { env: org })).toMatchObject({ code: 5, stdout: '' });
    const asAdmin = { env: { ...org, SESSION_MANAGER_ROLE: 'admin' } };
    expect((await json('cleanup', asAdmin)).output).toEqual({ cleaned: [], failed: [], more: false });
    expect(await run('cleanup --inactive-for-seconds 0', asAdmin)).toEqual({
      code: 0,
      stdout: `cleaned ${id}\n`,
      stderr: '',
    });
  });

  // The ids of the first round were lost: their sessions had ended, and nobody was told which.
  test('a cleanup that fails in its second round tells what the first one ended', async () => {
    const rounds = [{ cleaned: ['one', 'two'], failed: ['three'], more: true }];
    const half = createServer((_request, response) => {
      const round = rounds.shift();
      if (round) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(round));
      else response.destroy();
    });
    await new Promise<void>((listening) => half.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(half.address() as AddressInfo).port}`;
    try {
      const result = await commandLine(['cleanup', '--json', '--url', url, '--user', 'root', '--org', 'acme']);
      expect({ ...result, stdout: JSON.parse(result.stdout) as unknown }).toEqual({
        code: 6,
        stdout: { cleaned: ['one', 'two'], failed: ['three'], more: true },
        stderr: expect.stringContaining('NO_ANSWER'),
      });
    } finally {
      await new Promise((closed) => half.close(closed));
    }
  });

  describe('exit codes', () => {
    test.each([
      ['get none', 3, 'SESSION_NOT_FOUND'],
      ['create --inactivity-seconds 1', 2, 'VALIDATION'],
      ['create --idempotency-key ü', 2, 'VALIDATION'],
      ['get .', 2, 'VALIDATION'],
      ['list --user ada --org \u0007', 2, 'INVALID_ORG_ID'],
      ['list --role=', 2, 'USAGE'],
      ['list --whole-org', 5, 'FORBIDDEN'],
      ['usage --url http://127.0.0.1:9', 6, 'NO_ANSWER'],
      ['crate', 2, 'USAGE'],
      ['', 2, 'USAGE'],
      ['get', 2, 'USAGE'],
      ['get a b', 2, 'USAGE'],
      ['list --limit 0', 2, 'USAGE'],
      ['list --limit some', 2, 'USAGE'],
      ['list --timeout 0', 2, 'USAGE'],
      ['list --url ftp://127.0.0.1', 2, 'USAGE'],
      ['list --url http://me:secret@127.0.0.1', 2, 'USAGE'],
      ['create --metadata nothing', 2, 'USAGE'],
      ['create --prompt-variables [1]', 2, 'USAGE'],
      ['list --sigv4', 2, 'USAGE'],
    ])('of "%s" is %i, %s', async (args, exitCode, code) => {
      const { run } = somebody();
      const told = await run(args);
      expect(told).toMatchObject({ code: exitCode, stdout: '' });
      expect(told.stderr).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`));
      expect(told.stderr).not.toContain('secret');
      const asJson = await run(`${args} --json`.trim());
      expect(asJson).toMatchObject({ code: exitCode, stdout: '' });
      const problem = parsed(asJson.stderr) as Record<string, unknown>;
      expect(problem).toMatchObject({ code, type: expect.stringMatching(/^urn:/), detail: expect.any(String) });
    });

    test('of a limit that is reached is 4, with the limit and the request', async () => {
      const { run, json } = somebody();
      for (let i = 0; i < 3; i++) await run('create');
      const { code, problem } = await json('create');
      expect(code).toBe(4);
      expect(problem).toMatchObject({ code: 'MAX_SESSIONS_REACHED', status: 429, scope: 'user', limit: 3, active: 3 });
      expect((await run('create')).stderr).toMatch(
        /reached\. \(scope=user limit=3 active=3 due=0 requestId=[\w-]+\)\n$/,
      );
    });

    test('of nobody is 5, and says how to be somebody', async () => {
      const { run } = somebody();
      const told = await run('usage', { env: { SESSION_MANAGER_USER: '' } });
      expect(told).toMatchObject({ code: 5, stderr: expect.stringContaining('--user and --org') });
    });

    test('of an interruption is 130, and of a termination 143', async () => {
      const { Interruption } = await import('../../lib/cli/cli-io.ts');
      const { run } = somebody();
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        const told = await run('usage', { signal: AbortSignal.abort(new Interruption(signal)) });
        expect(told).toEqual({ code, stdout: '', stderr: `INTERRUPTED: Ended by ${signal}.\n` });
      }
    });
  });
});

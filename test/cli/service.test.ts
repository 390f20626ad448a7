import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newDirectory } from '../local/local-server.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { usersOfServer } from './command-line-user.ts';
import { commandLine } from './run-command-line.ts';

const ADMIN = { env: { SESSION_MANAGER_ROLE: 'admin' } };
const OPERATOR = { env: { SESSION_MANAGER_ROLE: 'operator' } };
const PROMPT = 'You write\treports.\u001b[2J\u200b\n\nIn two lines.\n';

describe('the command line has commands', () => {
  const { somebody, url } = usersOfServer();
  let mcp: RecordingServer;
  beforeAll(async () => {
    mcp = await recordingServer();
  });
  afterAll(() => mcp.close());

  const withSession = async () => {
    const user = somebody();
    const { id } = (await user.json('create')).output as { id: string };
    return { ...user, id };
  };
  const fileWith = async (content: string | Buffer) => {
    const file = path.join(await newDirectory(), 'file');
    await writeFile(file, content);
    return file;
  };

  test('for the system prompt, which goes in and out byte by byte', async () => {
    const { id, run, json } = await withSession();
    const bytes = Buffer.byteLength(PROMPT);
    const set = await run(`prompt set ${id} ${await fileWith(PROMPT)}`);
    expect(set).toEqual({ code: 0, stdout: `set the prompt, ${bytes} bytes\n`, stderr: '' });
    expect(await run(`prompt get ${id}`)).toEqual({ code: 0, stdout: PROMPT, stderr: '' });
    const seen = await run(`prompt get ${id}`, { stdoutIsTTY: true });
    expect(seen.stdout).toBe('You write\treports.\\u001b[2J\\u200b\n\nIn two lines.\n\n');
    expect((await json(`prompt get ${id}`)).output).toEqual({ systemPrompt: PROMPT });
    expect((await json(`prompt set ${id} -`, { stdin: '\uFEFFShort.' })).output).toEqual({ systemPrompt: 'Short.' });
    const byPowerShell = Buffer.from('\uFEFFGrüße', 'utf16le');
    expect((await json(`prompt set ${id} ${await fileWith(byPowerShell)}`)).output).toEqual({ systemPrompt: 'Grüße' });
    const noText = await run(`prompt set ${id} -`, { stdin: Buffer.from([0xff, 0x41]) });
    expect(noText).toMatchObject({ code: 2, stderr: expect.stringContaining('is not text in UTF-8') });
    expect(await run('prompt get none')).toMatchObject({ code: 3, stdout: '' });
  });

  test('for prompt layers, which are written, listed, previewed and deleted', async () => {
    const { run, json, user } = somebody();
    const of = `--of-user ${user}`;
    const variables = await json(`layers put user tone - --template ${of} --priority 9 --variables {"tone":"short"}`, {
      ...ADMIN,
      stdin: '\uFEFF{{tone}} {{userId}}{{end}}',
    });
    expect(variables).toMatchObject({
      code: 0,
      output: {
        id: 'tone',
        template: '{{tone}} {{userId}}{{end}}',
        variables: { tone: 'short' },
        version: 1,
        existed: false,
      },
    });
    const text = await fileWith('Be \u202ekind.');
    const put = `layers put user kind ${text} ${of} --name Kind --priority 5`;
    expect(await run(put, ADMIN)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^id +kind\nname +Kind\n/) });
    expect(await run(put, ADMIN)).toMatchObject({ code: 1, stderr: expect.stringContaining('PROMPT_CONFLICT') });
    expect((await run(`layers list user ${of}`, ADMIN)).stdout).toMatch(
      /^ID +NAME +VERSION +PRIORITY +ACTIVE +KIND +UPDATED\nkind +Kind +\d+ +5 +yes +content .*\ntone +tone +\d+ +9 +yes +template /,
    );
    expect((await run(`layers get user kind ${of}`, ADMIN)).stdout).toMatch(/\n\nBe \\u202ekind\.\n$/);
    const preview = await run(`layers preview ${of} --prompt-variables -`, { ...ADMIN, stdin: '{"end":"!"}' });
    expect(preview).toMatchObject({ code: 0, stdout: `short ${user}!\n\nBe \u202ekind.` });
    expect(preview.stderr).toMatch(/^Layer: user\/tone, version \d+\nLayer: user\/kind, version \d+\n$/);
    const { version } = (await json(`layers get user kind ${of}`, ADMIN)).output as { version: number };
    const hidden = await json(`${put} --inactive --if-version ${version}`, ADMIN);
    expect(hidden).toMatchObject({ code: 0, output: { isActive: false, existed: true } });
    const stale = await json(`layers delete user kind ${of} --version ${version}`, ADMIN);
    expect(stale).toMatchObject({ code: 1, problem: { code: 'PROMPT_CONFLICT' } });
    expect(await json(`layers delete user kind ${of}`, ADMIN)).toMatchObject({ code: 0, output: { deleted: 'kind' } });
    expect(await run(`layers delete user kind ${of}`, ADMIN)).toMatchObject({ code: 3, stdout: '' });
    expect(await run('layers list org')).toMatchObject({ code: 5 });
    expect(await run('layers list everywhere', ADMIN)).toMatchObject({ code: 2 });
  });

  test('for limits, which are read, set and cleared', async () => {
    const { run, json } = somebody();
    const org = `--of-org ${randomUUID()}`;
    expect((await run(`limits get org ${org}`, OPERATOR)).stdout).toBe(
      'limit    none\nactive   0\nitems    1\ndefault  yes\n',
    );
    const set = await json(`limits set org 5 ${org} --items 2`, OPERATOR);
    expect(set).toMatchObject({ code: 0, output: { limit: 5, active: 0, items: 2, isDefault: false } });
    expect((await json(`limits set org none ${org}`, OPERATOR)).output).toMatchObject({ limit: null });
    expect((await json(`limits set org 0 ${org}`, OPERATOR)).output).toMatchObject({ limit: 0 });
    expect(await run(`limits clear org ${org}`, OPERATOR)).toEqual({ code: 0, stdout: 'cleared org\n', stderr: '' });
    expect((await json(`limits get org ${org}`, OPERATOR)).output).toMatchObject({ limit: null, isDefault: true });
    for (const wrong of ['-1', '1.5', 'many', '1e3'])
      expect(await run(`limits set org ${wrong} ${org}`, OPERATOR)).toMatchObject({ code: 2, stdout: '' });
    expect(await run('limits set org 5', OPERATOR)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('orgId'),
    });
    expect(await run(`limits get org ${org}`)).toMatchObject({ code: 5 });
  });

  test('for changes of metadata: replaced, or merged, at the version that was read', async () => {
    const { run, json } = somebody();
    const { id } = (await json('create --metadata a=1 --metadata b=2')).output as { id: string };
    const merged = await json(`update ${id} --merge --metadata c=3 --remove a --if-version 1`);
    expect(merged).toMatchObject({ code: 0, output: { version: 2 } });
    expect((merged.output as { metadata: object }).metadata).toEqual({ b: '2', c: '3' });
    const stale = await json(`update ${id} --metadata d=4 --if-version 1`);
    expect(stale).toMatchObject({ code: 1, problem: { code: 'SESSION_CONFLICT', version: 2 } });
    const replaced = await run(`update ${id} --metadata d=4`);
    expect(replaced).toMatchObject({ code: 0, stderr: '' });
    expect(replaced.stdout).toMatch(/^version +3$/m);
    expect(replaced.stdout).toMatch(/^metadata +{"d":"4"}$/m);
    expect(await run(`update ${id} --remove d`)).toMatchObject({ code: 2, stdout: '' });
    expect(await run(`update ${id} --merge`)).toMatchObject({ code: 2, stdout: '' });
  });

  test('for a new session: what is wrong with its prompt is a warning, or fails the command', async () => {
    const { user, run, json } = somebody();
    const template = '{{#list}}{{#list}}{{#list}}x{{/list}}{{/list}}{{/list}}';
    const list = JSON.stringify({ list: Array.from({ length: 200 }, () => 1) });
    const admin = { 'x-user-id': 'root', 'x-org-id': encodeURIComponent('acmé'), 'x-role': 'admin' };
    const { status } = await fetch(`${url()}/prompts/user/endless?userId=${user}`, {
      method: 'PUT',
      headers: { ...admin, 'content-type': 'application/json' },
      body: JSON.stringify({ template }),
    });
    expect(status).toBe(201);
    const warning = 'layer user/endless left out: too large';
    const told = await run(`create --prompt-variables ${list}`);
    expect(told).toMatchObject({ code: 0, stderr: `Warning: ${warning}\n` });
    expect(told.stdout).not.toContain('endless');
    const document = await json(`create --prompt-variables ${list}`);
    expect(document).toMatchObject({ code: 0, output: { warnings: [warning] }, problem: undefined });
    const refused = await json(`create --prompt-required --prompt-variables ${list}`);
    expect(refused).toMatchObject({ code: 4, output: undefined, problem: { code: 'PROMPT_COMPOSITION' } });
    expect((await json('usage')).output).toMatchObject({ user: { active: 2 } });
    expect(await run('create --prompt-required')).toMatchObject({ code: 0, stderr: '' });
  });

  test('for a session’s metadata and its heartbeat', async () => {
    const { id, run, json } = await withSession();
    const merged = await json(`metadata ${id} a=1 b=x=y`);
    expect(merged).toMatchObject({ code: 0, output: { metadata: { a: '1', b: 'x=y' }, version: 2 } });
    expect((await json(`metadata ${id} c=\u202e --remove a --version 2`)).output).toEqual({
      metadata: { b: 'x=y', c: '\u202e' },
      version: 3,
    });
    // `--version` alone shows the version of the program, and was taken for that beside a change, too.
    const stale = await json(`update ${id} --metadata d=4 --version 2`);
    expect(stale).toMatchObject({ code: 1, problem: { code: 'SESSION_CONFLICT', version: 3 } });
    expect(await run(`metadata ${id}`)).toEqual({ code: 0, stdout: 'b  x=y\nc  \\u202e\n', stderr: 'Version 3.\n' });
    expect(await run(`metadata ${id} nothing`)).toMatchObject({ code: 2 });
    expect(await run(`heartbeat ${id}`)).toEqual({ code: 0, stdout: `heartbeat of ${id}\n`, stderr: '' });
    expect(await json('heartbeat none')).toMatchObject({ code: 3 });
  });

  test('for the credentials of an MCP client, which come from a file or stdin', async () => {
    const { id, run, json } = await withSession();
    const add = await json(`mcp add ${id} tools --endpoint ${mcp.url} --auth-file -`, {
      stdin: '\uFEFF{"auth":{"type":"bearer","token":"first"}}',
    });
    expect(add).toMatchObject({ code: 0, output: { id: 'tools' } });
    const secret = await fileWith('\uFEFF{"headers":{"x-api-key":"second"}}');
    const changed = await run(`mcp auth ${id} tools --auth-file ${secret}`);
    expect(changed).toEqual({ code: 0, stdout: 'updated tools\n', stderr: '' });
    expect((await run(`mcp tools ${id} tools`)).code).toBe(0);
    const { authorization, 'x-api-key': key } = mcp.requests.at(-1)?.headers ?? {};
    expect([authorization, key]).toEqual([undefined, 'second']);
    const none = await json(`mcp auth ${id} tools --auth-file -`, { stdin: '{}' });
    expect(none).toMatchObject({ code: 0, output: { updated: 'tools' } });
    for (const args of [`mcp auth ${id} tools`, `mcp auth ${id} tools {"headers":{}}`])
      expect(await run(args)).toMatchObject({ code: 2 });
    expect(await run(`mcp auth ${id} other --auth-file -`, { stdin: '{}' })).toMatchObject({ code: 3 });
  });

  test('for the service: health, differences, and what AWS alone has', async () => {
    const { id, run, json } = await withSession();
    const nobody = await commandLine(['health', '--url', url()]);
    expect(nobody).toEqual({ code: 0, stdout: 'ok\n', stderr: '' });
    expect((await json('health')).output).toEqual({ status: 'ok' });
    expect((await run('health --url http://127.0.0.1:9')).code).toBe(6);
    const found = await run('reconcile', OPERATOR);
    expect(found).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^KIND +FOUND\n[\s\S]+\n\nrepaired {2}0\nmore +no\n$/),
    });
    expect(await json('reconcile --repair', OPERATOR)).toMatchObject({ code: 0, output: { repaired: 0, more: false } });
    expect(await run('reconcile')).toMatchObject({ code: 5, stdout: '' });
    for (const more of ['', ' --revoke'])
      expect(await json(`workspace-access ${id}${more}`)).toMatchObject({ problem: { code: 'NOT_AVAILABLE' } });
  });
});

import { describe, expect, test } from '@jest/globals';
import { usersOfServer } from './command-line-user.ts';

describe('changes of sessions at the command line', () => {
  const { somebody, url } = usersOfServer();

  test('metadata is replaced, or merged, at the version that was read', async () => {
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

  test('what is wrong with the prompt of a new session is a warning beside it, or fails the command', async () => {
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
});

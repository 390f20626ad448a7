import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SessionManagerAgentClient } from '../../lib/api/client/session-manager-client.ts';
import { newDirectory } from '../local/local-server.ts';
import { usersOfServer } from './command-line-user.ts';
import { commandLine } from './run-command-line.ts';

interface Created {
  id: string;
  token: string;
}

describe('the agent of a session', () => {
  const server = usersOfServer();

  const ofNewUser = async () => {
    const user = server.somebody();
    const { id } = (await user.json('create')).output as { id: string };
    return { ...user, id };
  };

  test('gets its environment with a token file that can be read once', async () => {
    const { run, id } = await ofNewUser();
    const pipe = path.join(await newDirectory(), 'token');
    execFileSync('mkfifo', [pipe]);
    const [printed] = await Promise.all([run(`agent env ${id} --token-file ${pipe}`), writeFile(pipe, 'of-a-pipe')]);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
  });

  test('gets its environment from one command, and works with it at the command line', async () => {
    const { run, id } = await ofNewUser();
    const printed = await run(`agent env ${id} --name reviewer --scope files:read --scope files:write`);
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect(printed.stdout).toMatch(
      /^SESSION_MANAGER_URL=http:\/\/127\.0\.0\.1:\d+\/\nSESSION_MANAGER_TOKEN=asm_[\w-]{80}\n$/,
    );
    const env: Record<string, string> = {};
    for (const line of printed.stdout.trim().split('\n')) {
      const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      env[name] = value;
    }
    const agent = (args: string) => commandLine(args.split(' '), { env });
    const file = path.join(await newDirectory(), 'report.txt');
    await writeFile(file, 'of the agent');
    expect(await agent(`files put ${id} ${file} out/report.txt`)).toMatchObject({ code: 0 });
    expect(await agent(`files get ${id} out/report.txt -`)).toMatchObject({ code: 0, stdout: 'of the agent' });
    expect((await agent(`get ${id}`)).stdout).toContain(id);
    expect(await agent('health')).toMatchObject({ code: 0, stdout: 'ok\n' });
    const cut = {
      ...env,
      SESSION_MANAGER_TOKEN: String(env.SESSION_MANAGER_TOKEN).slice(0, 40),
    };
    expect(await commandLine(['get', id], { env: cut })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not whole'),
    });
    const other = '01a2045b-8d44-72e6-97c0-cb9917303a81';
    for (const args of [`get ${other}`, `files ls ${other}`, 'list', `end ${id}`, `agent token create ${id}`]) {
      const refused = await agent(args);
      expect([args, refused.code, refused.stdout]).toEqual([args, expect.any(Number), '']);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).not.toContain(String(env.SESSION_MANAGER_TOKEN).slice(4, 40));
    }
  });

  test('has tokens that are created, listed and revoked by commands', async () => {
    const { run, json, id } = await ofNewUser();
    const created = (await json(`agent token create ${id} --expires-in 60`)).output as Created;
    const { output } = await json(`agent token list ${id}`);
    expect(output).toMatchObject({ tokens: [{ id: created.id, name: created.id }] });
    const listed = await run(`agent token list ${id}`);
    expect(listed.stdout).toMatch(/^ID +NAME +CREATED +EXPIRES +SCOPES\n/);
    expect(listed.stdout).not.toContain(created.token.slice(4, 40));
    expect((await run(`agent token create ${id} --name n`)).stdout).toMatch(/^id +\w+\nname +n\ntoken +asm_/);
    expect(await run(`agent token revoke ${id} ${created.id}`)).toMatchObject({
      code: 0,
      stdout: `revoked ${created.id}\n`,
    });
    expect((await run(`agent token revoke ${id} ${created.id}`)).stderr).toContain('no such token');
    const refused = await commandLine(['get', id], {
      env: { SESSION_MANAGER_URL: server.url(), SESSION_MANAGER_TOKEN: created.token },
    });
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect((await run(`agent token create ${id} --scope everything`)).code).not.toBe(0);
  });

  test('has a client with its operations alone, which says nothing of its token', async () => {
    const { json, id } = await ofNewUser();
    const { token } = (await json(`agent token create ${id}`)).output as Created;
    const agent = new SessionManagerAgentClient({ url: server.url(), token });
    expect(await agent.getSession()).toMatchObject({ id });
    await agent.heartbeat();
    expect(await agent.writeFile({ path: 'a', content: Buffer.from('x').toString('base64') })).toMatchObject({
      existed: false,
    });
    expect(await agent.upload({ path: 'big', content: new Uint8Array(5_000_000) })).toMatchObject({ existed: false });
    let bytes = 0;
    for await (const part of agent.download({ path: 'big' })) bytes += part.length;
    expect(bytes).toBe(5_000_000);
    await agent.moveFile({ from: 'a', to: 'b' });
    expect((await agent.listDirectory({ path: '' })).entries.map(({ name }) => name)).toEqual(['b', 'big']);
    expect(await agent.getSystemPrompt()).toEqual({ systemPrompt: '' });
    // @ts-expect-error -- the token names the session
    await expect(agent.getSession({ sessionId: id })).rejects.toMatchObject({ code: 'VALIDATION' });
    // @ts-expect-error -- no operation of agents
    expect(agent.cleanupSession).toBeUndefined();
    const caller = { url: server.url(), token, authorize: [] };
    await expect(new SessionManagerAgentClient(caller).getSession()).resolves.toMatchObject({ id });
    expect(inspect(agent, { depth: 9, showHidden: true }) + JSON.stringify(agent)).not.toContain(token.slice(4, 40));
    const revoked = new SessionManagerAgentClient({
      url: server.url(),
      token: `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    });
    await expect(revoked.getSession()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(() => new SessionManagerAgentClient({ url: server.url(), token: 'a b' })).toThrow(TypeError);
  });
});

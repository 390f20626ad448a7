import { spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ENV } from '../../lib/configuration.ts';
import { leftOn, lockOf, NOTHING } from './data-directory.ts';
import { ask, launch, MAIN, newDirectory, startServer } from './local-server.ts';

const LONG = 120_000;

/** What a start says that fails, which must be a plain sentence: one line, no stack. */
async function refusal(env: Record<string, string>, command?: string[]): Promise<string> {
  const program = await launch(env, command);
  expect(await program.untilExit(LONG / 2)).toEqual({ code: 1, signal: null });
  const said = program.output();
  expect(said).toMatch(/^[^\n]+\.\)?\n$/);
  expect(said).not.toMatch(/\bat .+:\d+:\d+/);
  return said;
}

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

describe('a start that cannot be', () => {
  test(
    'says so on a data directory that is in use, and leaves its user alone',
    async () => {
      const LOCAL_DATA_DIR = await newDirectory();
      const server = await startServer({ LOCAL_DATA_DIR });
      const before = await leftOn(LOCAL_DATA_DIR);
      expect(await refusal({ LOCAL_DATA_DIR })).toContain(`${LOCAL_DATA_DIR} is in use by process ${server.pid}`);
      // In a container the owner's number means nothing, or is somebody else's.
      if (canUnshare) {
        const inNamespace = ['unshare', '--pid', '--fork', '--mount-proc', ...MAIN];
        expect(await refusal({ LOCAL_DATA_DIR }, inNamespace)).toContain(`is in use by process ${server.pid}`);
      }
      await writeFile(lockOf(LOCAL_DATA_DIR), JSON.stringify({ pid: 1, startedAt: '1', command: 'x', host: 'box' }));
      expect(await refusal({ LOCAL_DATA_DIR })).toContain(`${LOCAL_DATA_DIR} is in use by process 1 of box`);
      expect(await leftOn(LOCAL_DATA_DIR)).toEqual(before);
      expect((await ask(server, 'GET', '/usage')).status).toBe(200);
      await server.stop();
    },
    LONG,
  );

  test(
    'says so on a port that is in use, and leaves no DynamoDB Local behind',
    async () => {
      const LOCAL_DATA_DIR = await newDirectory();
      const server = await startServer({ DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string });
      const { port } = new URL(server.url);
      expect(await refusal({ LOCAL_DATA_DIR, PORT: port })).toContain(`Port ${port} is in use`);
      expect(await leftOn(LOCAL_DATA_DIR)).toEqual(NOTHING);
      await server.stop();
    },
    LONG,
  );

  test(
    'says how to install Java where there is none',
    async () => {
      const PATH = await pathWith({ node: process.execPath });
      expect(await refusal({ PATH, XDG_CACHE_HOME: await newDirectory() })).toMatch(
        /needs Java 17 or later\. Install it .*apt-get install/,
      );
    },
    LONG,
  );

  test(
    'says how to install Java where it is too old',
    async () => {
      const oldJava = path.join(await newDirectory(), 'old-java');
      const complaint = 'Exception in thread "main" java.lang.UnsupportedClassVersionError';
      // It comes after the exit, as it may on a busy machine.
      await writeFile(oldJava, `#!/bin/sh\n(/bin/sleep 0.5; echo '${complaint}' >&2) &\nexit 1\n`, { mode: 0o755 });
      const PATH = await pathWith({ node: process.execPath, java: oldJava });
      expect(await refusal({ PATH, XDG_CACHE_HOME: await newDirectory() })).toMatch(
        /needs Java 17 or later.*on the PATH is older/,
      );
    },
    LONG,
  );

  test.each([
    [{ MAX_SESSIONS: 'abc' }, 'MAX_SESSIONS must be a whole number.\n'],
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535.\n'],
    [{ DYNAMODB_ENDPOINT: 'nonsense' }, 'DYNAMODB_ENDPOINT must be an http or https URL.\n'],
  ])(
    'says what is wrong in the environment: %j',
    async (env, sentence) => {
      expect(await refusal(env as Record<string, string>)).toBe(sentence);
    },
    LONG,
  );

  test('says that there is no such option, and which settings there are', async () => {
    const unknown = await launch({}, [...MAIN, '--prot', '4000']);
    const help = await launch({}, [...MAIN, '--help']);
    expect(await unknown.untilExit(LONG)).toEqual({ code: 2, signal: null });
    expect(unknown.output()).toMatch(/^There is no option "--prot": .+\n$/);
    expect(await help.untilExit(LONG)).toEqual({ code: 0, signal: null });
    const settings = [...help.output().matchAll(/^ {2}([A-Z_]{4,}) /gm)].map(([, name]) => name);
    expect(settings).toEqual(expect.arrayContaining(['PORT', 'LOCAL_DATA_DIR', 'AUTH_MODE', 'LOG_FORMAT']));
    expect([...Object.values(ENV), 'PORT']).toEqual(expect.arrayContaining(settings));
  });

  test(
    'says so where no DynamoDB answers',
    async () => {
      expect(await refusal({ DYNAMODB_ENDPOINT: 'http://127.0.0.1:9' })).toContain('http://127.0.0.1:9');
    },
    LONG,
  );

  test(
    'says so where a directory cannot be made',
    async () => {
      const LOCAL_DATA_DIR = path.join(await newDirectory(), 'file', 'data');
      await writeFile(path.dirname(LOCAL_DATA_DIR), 'in the way');
      expect(await refusal({ LOCAL_DATA_DIR })).toMatch(/^The directory .* cannot be made/);
      expect(await readFile(path.dirname(LOCAL_DATA_DIR), 'utf8')).toBe('in the way');
      // Node's own recursive mkdir never returns there.
      if (process.platform === 'linux') {
        expect(await refusal({ LOCAL_DATA_DIR: '/proc/some/data' })).toMatch(
          /^The directory .* cannot be made: ENOENT/,
        );
      }
    },
    LONG,
  );
});

/** A PATH with these programs and no others. */
async function pathWith(programs: Record<string, string>): Promise<string> {
  const directory = path.join(await newDirectory(), 'bin');
  await mkdir(directory);
  for (const [name, target] of Object.entries(programs)) await symlink(target, path.join(directory, name));
  return directory;
}

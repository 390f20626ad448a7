import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lockDataDir } from '../../local/data-dir-lock.ts';
import { stopLeftOver } from '../../local/dynamodb-local.ts';
import { identify, type ProcessIdentity } from '../../local/process-identity.ts';
import { databasePid, databasesOn, leftOn, lockOf, NOTHING, pidFileOf } from './data-directory.ts';
import { boundByPermissions, FOREIGN_AWS, foreignConfigFile, readOnlyHome } from './environments.ts';
import { ask, createSession, launch, MAIN, newDirectory, startServer } from './local-server.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

const LONG = 180_000;

describe('a restart', () => {
  test(
    'keeps sessions, counters, prompts and workspaces, from an environment full of AWS settings to an empty one',
    async () => {
      const LOCAL_DATA_DIR = await newDirectory();
      const foreign = { ...FOREIGN_AWS, AWS_CONFIG_FILE: await foreignConfigFile(), HOME: await readOnlyHome() };
      const before = await startServer({ LOCAL_DATA_DIR, LOG_LEVEL: 'INFO', ...foreign }, boundByPermissions(MAIN));
      const session = await createSession(before);
      await ask(before, 'PUT', `/sessions/${session.id}/system-prompt`, { body: { systemPrompt: 'Be brief.' } });
      await writeFile(path.join(session.workspacePath, 'note.txt'), 'kept');
      await before.stop();
      const logged = before.output().match(/^\{.*$/gm) ?? [];
      expect(logged.map((line) => JSON.parse(line) as unknown)).toContainEqual(
        expect.objectContaining({ event: 'session.created', sessionId: session.id }),
      );

      const empty = ['env', '-i', `PATH=${process.env.PATH}`, `LOCAL_DATA_DIR=${LOCAL_DATA_DIR}`, 'PORT=0'];
      const after = await startServer({ LOCAL_DATA_DIR }, [...empty, ...MAIN]);
      expect(await ask(after, 'GET', `/sessions/${session.id}`)).toMatchObject({
        status: 200,
        body: { id: session.id },
      });
      expect(await ask(after, 'GET', `/sessions/${session.id}/system-prompt`)).toEqual({
        status: 200,
        body: { systemPrompt: 'Be brief.' },
      });
      expect((await ask(after, 'GET', '/usage')).body).toMatchObject({ user: { active: 1 }, org: { active: 1 } });
      expect(await readFile(path.join(session.workspacePath, 'note.txt'), 'utf8')).toBe('kept');

      expect(await ask(after, 'DELETE', `/sessions/${session.id}`)).toEqual({ status: 204, body: undefined });
      expect(existsSync(session.workspacePath)).toBe(false);
      expect((await ask(after, 'GET', '/usage')).body).toMatchObject({ user: { active: 0 }, org: { active: 0 } });
      await after.stop();
    },
    LONG,
  );
});

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s stops everything',
    async (signal) => {
      const LOCAL_DATA_DIR = await newDirectory();
      const server = await startServer({ LOCAL_DATA_DIR });
      expect(new URL(server.url).port).not.toBe('0');
      expect(await databasesOn(LOCAL_DATA_DIR)).toEqual([await databasePid(LOCAL_DATA_DIR)]);
      expect(await server.stop(signal)).toEqual({ code: 0, signal: null });
      expect(await leftOn(LOCAL_DATA_DIR)).toEqual(NOTHING);
    },
    LONG,
  );

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s stops everything that `npm start` started',
    async (signal) => {
      const LOCAL_DATA_DIR = await newDirectory();
      const npm = await launch({ LOCAL_DATA_DIR }, ['npm', 'start']);
      await npm.untilPrinted(/listening on/, LONG / 2);
      expect(await databasesOn(LOCAL_DATA_DIR)).toHaveLength(1);
      expect(await npm.stop(signal)).toEqual({ code: 0, signal: null });
      expect(await leftOn(LOCAL_DATA_DIR)).toEqual(NOTHING);
    },
    LONG,
  );

  test.each([
    ['holds the lock', lockOf],
    ['is starting DynamoDB Local', pidFileOf],
  ])(
    'stops everything also while it %s, and at a second signal',
    async (_, fileOf) => {
      const LOCAL_DATA_DIR = await newDirectory();
      const starting = await launch({ LOCAL_DATA_DIR });
      while (!existsSync(fileOf(LOCAL_DATA_DIR)) && starting.output() === '') await sleep(5);
      starting.kill('SIGINT');
      await sleep(50);
      expect(await starting.stop('SIGINT')).toEqual({ code: 0, signal: null });
      expect(starting.output()).toBe('');
      expect(await leftOn(LOCAL_DATA_DIR)).toEqual(NOTHING);
    },
    LONG,
  );

  test(
    'comes by itself when DynamoDB Local ends',
    async () => {
      const LOCAL_DATA_DIR = await newDirectory();
      const server = await launch({ LOCAL_DATA_DIR });
      await server.untilPrinted(/listening on/, LONG / 2);
      process.kill(await databasePid(LOCAL_DATA_DIR), 'SIGKILL');
      expect(await server.untilExit(LONG / 2)).toEqual({ code: 1, signal: null });
      expect(server.output()).toContain('\nDynamoDB Local has stopped by itself. Stopping too.\n');
      expect(await leftOn(LOCAL_DATA_DIR)).toEqual(NOTHING);
    },
    LONG,
  );
});

describe('what a killed instance leaves', () => {
  test(
    'is found by the next start, and its data is there; no second database starts on its files',
    async () => {
      const LOCAL_DATA_DIR = await newDirectory();
      const killed = await startServer({ LOCAL_DATA_DIR });
      const session = await createSession(killed);
      const leftOver = await databasePid(LOCAL_DATA_DIR);
      await killed.kill9();
      expect(await databasesOn(LOCAL_DATA_DIR)).toEqual([leftOver]);

      const remembered = await readFile(pidFileOf(LOCAL_DATA_DIR));
      await writeFile(pidFileOf(LOCAL_DATA_DIR), remembered.subarray(0, 20));
      const refused = await launch({ LOCAL_DATA_DIR });
      expect(await refused.untilExit(LONG / 2)).toEqual({ code: 1, signal: null });
      expect(refused.output()).toMatch(/^A DynamoDB Local .+ is still running on .+: stop it by hand .+\.\n$/);
      expect(await databasesOn(LOCAL_DATA_DIR)).toEqual([leftOver]);
      await writeFile(pidFileOf(LOCAL_DATA_DIR), remembered);

      const next = await startServer({ LOCAL_DATA_DIR });
      const own = await databasePid(LOCAL_DATA_DIR);
      expect(own).not.toBe(leftOver);
      expect(await databasesOn(LOCAL_DATA_DIR)).toEqual([own]);
      expect((await ask(next, 'GET', `/sessions/${session.id}`)).status).toBe(200);
      await next.stop();
    },
    LONG,
  );

  describe('is never mistaken for an innocent process that has its number now', () => {
    let innocent: ChildProcess;
    let truth: ProcessIdentity;
    beforeEach(async () => {
      innocent = spawn('sleep', ['600']);
      await once(innocent, 'spawn');
      truth = (await identify(innocent.pid as number)) as ProcessIdentity;
    });
    afterEach(() => void innocent.kill('SIGKILL'));

    const database = { command: 'java -jar DynamoDBLocal.jar' };
    const remembered: Record<string, () => object | null> = {
      'that started when it did': () => ({ ...truth, ...database }),
      'that started at another time': () => ({ ...truth, ...database, startedAt: '1' }),
      'as it is': () => truth,
      'by its number alone': () => ({ pid: innocent.pid }),
      'by no number': () => ({ pid: 0 }),
      'not at all': () => null,
    };
    /** A directory as a killed instance leaves it. */
    async function leftDirectory(identity: object | null): Promise<string> {
      const directory = await newDirectory();
      await writeFile(pidFileOf(directory), JSON.stringify(identity));
      await writeFile(lockOf(directory), JSON.stringify({ ...identity, startedAt: '1' }));
      return directory;
    }
    const expectInnocentAlive = () => expect([innocent.exitCode, innocent.signalCode]).toEqual([null, null]);

    test.each(Object.entries(remembered))('remembered %s', async (_, identity) => {
      const directory = await leftDirectory(identity());
      const unlock = await lockDataDir(directory);
      await stopLeftOver(directory);
      expect(existsSync(pidFileOf(directory))).toBe(false);
      await unlock();
      expectInnocentAlive();
    });

    test(
      'by a server that starts',
      async () => {
        const LOCAL_DATA_DIR = await leftDirectory({ ...truth, ...database });
        const server = await startServer({ LOCAL_DATA_DIR });
        await server.stop();
        expectInnocentAlive();
      },
      LONG,
    );
  });
});

describe('two instances on one table and one workspace root', () => {
  test(
    'start at the same moment and see each other’s sessions; one with another root does not start',
    async () => {
      const shared = {
        ...OWN_DATABASE,
        DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
        TABLE_NAME: `two-instances-${process.pid}`,
        WORKSPACE_ROOT: await newDirectory(),
        LOCAL_DATA_DIR: await newDirectory(),
      };
      const [one, two] = await Promise.all([startServer(shared), startServer(shared)]);
      const [ofOne, ofTwo] = await Promise.all([createSession(one), createSession(two)]);
      expect((await ask(two, 'GET', `/sessions/${ofOne.id}`)).status).toBe(200);
      expect((await ask(one, 'GET', '/usage')).body).toMatchObject({ user: { active: 2 } });
      expect((await ask(one, 'DELETE', `/sessions/${ofTwo.id}`)).status).toBe(204);
      expect(existsSync(ofTwo.workspacePath)).toBe(false);
      expect((await ask(two, 'GET', `/sessions/${ofTwo.id}`)).status).toBe(404);
      const other = await launch({ ...shared, WORKSPACE_ROOT: await newDirectory() });
      expect(await other.untilExit(LONG / 2)).toEqual({ code: 1, signal: null });
      expect(other.output()).toMatch(/^The workspaces of this table are in .+ has no marker: set WORKSPACE_ROOT .+\n$/);
      expect(await Promise.all([one.stop(), two.stop()])).toEqual([
        { code: 0, signal: null },
        { code: 0, signal: null },
      ]);
    },
    LONG,
  );
});

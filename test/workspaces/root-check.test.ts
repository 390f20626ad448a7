import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSessionManager, WrongWorkspaceRootError, type SessionManagerV2 } from '../../lib/index.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { WORKSPACE_ROOT } from '../../lib/table/keys.ts';
import { RootCheck } from '../../lib/workspaces/root/root-check.ts';
import { WorkspaceRootStore, type StoredRoot } from '../../lib/workspaces/root/workspace-root-store.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

describe('a table and its workspace root', () => {
  let stack: TestStack;
  let base: string;
  beforeAll(async () => {
    stack = await newStack();
  });
  afterAll(() => stack.close());
  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'roots-'));
    await table().delete(WORKSPACE_ROOT);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const at = (name: string) => path.join(base, name);
  const marker = (name: string) => path.join(at(name), '.root');
  const envOf = (name: string) => ({ ...stack.env, WORKSPACE_ROOT: at(name) });
  const inRoot = (name: string): SessionManagerV2 => createSessionManager(envOf(name));
  const table = () => new DynamoTable(stack.client, stack.config.tableName);
  const stored = () => table().get<StoredRoot>(WORKSPACE_ROOT);
  const refused = (work: Promise<unknown>) => expect(work).rejects.toThrow(WrongWorkspaceRootError);

  test('have one id from the first session on, which further processes find', async () => {
    await inRoot('one').createSession('ada', 'acme');
    const id = (await readFile(marker('one'), 'utf8')).trim();
    expect(await stored()).toMatchObject({ rootId: id, path: at('one') });
    const { id: second } = (await inRoot('one').createSession('ada', 'acme')).getSessionInfo();
    await inRoot('one').cleanupSession(second);
    expect((await readFile(marker('one'), 'utf8')).trim()).toBe(id);
    expect((await readdir(at('one'))).filter((name) => name.startsWith('.root'))).toEqual(['.root']);
  });

  test('get it also where sessions were made before there were ids', async () => {
    await stack.manager.createSession('ada', 'acme');
    const older = createSessionManager(stack.env);
    await older.createSession('ada', 'acme');
    expect(existsSync(path.join(stack.root, '.root'))).toBe(true);
  });

  test('are told apart from another directory, which is named, and in which nothing is made', async () => {
    const server = inRoot('one');
    const session = await server.createSession('ada', 'acme');
    const { id } = session.getSessionInfo();
    await session.files.write('note.txt', Buffer.from('kept'));
    const elsewhere = inRoot('other');
    const said = await elsewhere.createSession('ada', 'acme').catch((thrown: Error) => thrown.message);
    expect(said).toContain(at('one'));
    expect(said).toContain(`${at('other')} has no marker: set WORKSPACE_ROOT`);
    expect(existsSync(at('other'))).toBe(false);
    await refused(elsewhere.cleanupSession(id));
    await refused(elsewhere.cleanupInactiveSessions(0));
    const seenElsewhere = await elsewhere.getSession(id);
    await refused(seenElsewhere.files.read('note.txt'));
    await refused(elsewhere.reconciler.run({ repair: true }));
    expect((await server.getSession(id)).getSessionInfo().status).toBe('active');
    expect(String(await readFile(path.join(session.getWorkspacePath(), 'note.txt')))).toBe('kept');
  });

  test('are told apart from the root of another table, and both ids are named', async () => {
    await inRoot('one').createSession('ada', 'acme');
    const { rootId } = (await stored()) as StoredRoot;
    const otherId = randomUUID();
    await mkdir(at('other'));
    await writeFile(marker('other'), otherId);
    const said = await inRoot('other')
      .createSession('ada', 'acme')
      .catch((thrown: Error) => thrown.message);
    expect(said).toContain(rootId);
    expect(said).toContain(otherId);
  });

  test('stay together where the process that made the marker was interrupted', async () => {
    const id = randomUUID();
    await mkdir(at('one'));
    await writeFile(marker('one'), `${id}\n`);
    await inRoot('one').createSession('ada', 'acme');
    expect(await stored()).toMatchObject({ rootId: id });
  });

  test.each(['', '\n', 'nonsense', randomUUID().slice(0, 20)])(
    'are not guessed from a marker that is cut, which stays as it is: %j',
    async (cut) => {
      await mkdir(at('one'));
      await writeFile(marker('one'), cut);
      await refused(inRoot('one').createSession('ada', 'acme'));
      expect(await readFile(marker('one'), 'utf8')).toBe(cut);
      expect(await stored()).toBeUndefined();
    },
  );

  test('are one pair however many processes come first, in one root or in two', async () => {
    const checks = Array.from({ length: 12 }, (_, index) => {
      const check = new RootCheck(at(index % 3 === 0 ? 'other' : 'one'), new WorkspaceRootStore(table()));
      return check.pass().then(
        () => index % 3,
        () => 'refused',
      );
    });
    const outcomes = await Promise.all(checks);
    const winner = path.basename((await stored())?.path ?? '');
    expect((await readFile(marker(winner), 'utf8')).trim()).toBe((await stored())?.rootId);
    expect(outcomes.map((outcome) => outcome !== 'refused')).toEqual(
      outcomes.map((_, index) => (index % 3 === 0) === (winner === 'other')),
    );
  });

  test('are one pair where another process makes both between the reads of a process that starts', async () => {
    const store = new WorkspaceRootStore(table());
    const late = {
      get: async () => {
        // The marker has been looked for by then.
        await setTimeout(100);
        await new RootCheck(at('one'), store).pass();
        return store.get();
      },
    };
    await new RootCheck(at('one'), late as unknown as WorkspaceRootStore).pass();
  });

  test('are compared once in a process, and again only after a refusal', async () => {
    let reads = 0;
    const counting = {
      get: async () => (reads++, stored()),
      put: (root: StoredRoot) => new WorkspaceRootStore(table()).put(root),
    };
    const check = new RootCheck(at('one'), counting as unknown as WorkspaceRootStore);
    await Promise.all([check.pass(), check.pass()]);
    await check.pass();
    expect(reads).toBe(1);
    const other = new RootCheck(at('other'), counting as unknown as WorkspaceRootStore);
    await refused(other.pass());
    await mkdir(at('other'));
    await writeFile(marker('other'), await readFile(marker('one')));
    await other.pass();
    expect(reads).toBe(3);
  });
});

import * as realFs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { OneWorkspace as Workspace } from './one-workspace.ts';
import { NfsClient } from './nfs-client.ts';

jest.unstable_mockModule('node:fs/promises', () => NfsClient.module(realFs));
const { OneWorkspace, unlimited } = await import('./one-workspace.ts');
const { codeOf } = await import('../setup/code-of.ts');
const { newSession, OwnWorkspaces } = await import('./own-workspaces.ts');
const { withFileLock } = await import('../../lib/workspaces/files/file-lock.ts');
const { infoOf } = await import('../../lib/workspaces/files/entity-tag.ts');

/** A call to wait for: resolves when it has come to this. */
function callOf(host: NfsClient, call: RegExp, at: RegExp, code: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    host.after = (name, place, outcome) => {
      if (call.test(name) && at.test(place) && outcome === code) resolve();
    };
  });
}

describe('two hosts with one file system', () => {
  let one: NfsClient;
  let other: NfsClient;
  afterEach(async () => {
    await one.close();
    await other.close();
  });

  describe('and one workspace', () => {
    let own: Workspace;
    beforeEach(async () => {
      own = await OneWorkspace.make();
      [one, other] = [new NfsClient(realFs, own.root), new NfsClient(realFs, own.root)];
    });
    afterEach(() => own.close());

    const quotaThat = (take: () => Promise<unknown>) => ({
      ...unlimited,
      take: async () => void (await take()),
    });
    const write = (content: string, conditions: object, quota = unlimited) =>
      own.files.write(own.session, Buffer.from(content), { path: 'a/file', conditions, quota });
    const writeLast = (content: string, conditions: object) =>
      own.files.writePart(
        own.session,
        Buffer.from(content),
        { first: 0, total: content.length, uploadId: 'u' },
        { path: 'a/file', conditions, quota: unlimited },
      );
    const remove = (conditions: object) =>
      own.files.remove(own.session, { path: 'a/file', conditions, quota: unlimited });
    const tag = async () => infoOf(await realFs.stat(own.at('a', 'file'), { bigint: true })).etag;

    /** One writes, and holds the lock until the other has looked at the file and waits for it. */
    async function bothAtOnce(conditions: object, second: () => Promise<unknown>): Promise<string[]> {
      const waiting = callOf(other, /^(open|writeFile)$/, /\.lock$/, 'EEXIST');
      const asFirst: { started?: () => void } = {};
      const locked = new Promise<void>((resolve) => (asFirst.started = resolve));
      const first = one.run(() =>
        write(
          'by one',
          conditions,
          quotaThat(async () => (asFirst.started?.(), await waiting)),
        ),
      );
      await locked;
      const outcomes = await Promise.all([codeOf(first), codeOf(other.run(second))]);
      return outcomes.sort();
    }

    test.each<readonly [string, (conditions: object) => Promise<unknown>]>([
      ['write', (conditions) => write('by the other', conditions)],
      ['end an upload', (conditions) => writeLast('by the other', conditions)],
      ['delete', remove],
    ])('of two that write what they have read, one does: both did (%s)', async (_what, second) => {
      await own.write('a/file', 'read by both');
      await other.run(() => own.read('a/file'));
      const conditions = { ifMatch: await tag() };
      expect(await bothAtOnce(conditions, () => second(conditions))).toEqual(['PRECONDITION_FAILED', 'done']);
      expect((await own.read('a/file')).toString()).toBe('by one');
    });

    test.each<readonly [string, (conditions: object) => Promise<unknown>]>([
      ['write', (conditions) => write('by the other', conditions)],
      ['end an upload', (conditions) => writeLast('by the other', conditions)],
    ])('of two that write only where nothing is, one does: both had created it (%s)', async (_what, second) => {
      await realFs.mkdir(own.at('a'), { mode: 0o700 });
      expect(await codeOf(other.run(() => own.read('a/file')))).toBe('FILE_NOT_FOUND');
      const conditions = { ifNoneMatch: '*' };
      expect(await bothAtOnce(conditions, () => second(conditions))).toEqual(['PRECONDITION_FAILED', 'done']);
      expect((await own.read('a/file')).toString()).toBe('by one');
    });

    test('what an agent makes after the look is not replaced by a write where nothing was', async () => {
      const agent = quotaThat(() => realFs.writeFile(own.at('a', 'file'), 'of the agent'));
      const writing = one.run(() => write('new', { ifNoneMatch: '*' }, agent));
      expect(await codeOf(writing)).toBe('PRECONDITION_FAILED');
      await expect(writing).rejects.toMatchObject({ details: { etag: await tag() } });
      expect((await own.read('a/file')).toString()).toBe('of the agent');
    });

    test.each<readonly [string, 'link' | 'rename', object]>([
      ['created', 'link', { ifNoneMatch: '*' }],
      ['replaced', 'rename', {}],
    ])('a file is %s although the answer was lost and the request sent again', async (_what, call, conditions) => {
      await realFs.mkdir(own.at('a'), { mode: 0o700 });
      one.onceBefore(call, /\.whole$/, (staged) => realFs[call](staged, own.at('a', 'file')));
      expect(await one.run(() => write('new', conditions))).toMatchObject({ existed: false });
      expect((await own.read('a/file')).toString()).toBe('new');
      expect(await realFs.readdir(own.workspaces.paths.uploads)).toEqual([]);
    });

    test('what an agent has written into a file in place is not overwritten by who has read the old', async () => {
      await own.write('a/file', 'old');
      const ifMatch = await tag();
      await other.run(() => own.directories.list(own.session, 'a', 10));
      await realFs.writeFile(own.at('a', 'file'), 'of the agent');
      expect(await codeOf(other.run(() => write('new', { ifMatch })))).toBe('PRECONDITION_FAILED');
      expect(await codeOf(other.run(async () => write('new', { ifMatch: await tag() })))).toBe('done');
    });

    test('a write during which another host ends the session is told so: it had gone well', async () => {
      const ending = quotaThat(() => one.run(() => own.workspaces.moveToTrash(own.session)));
      expect(await codeOf(other.run(() => write('x', {}, ending)))).toBe('SESSION_NOT_FOUND');
      expect(await codeOf(other.run(() => own.read('a/file')))).toBe('SESSION_NOT_FOUND');
    });

    test('a file that got a name outside is not read by who knows it with one name', async () => {
      await own.write('a/file', 'x');
      await other.run(() => own.directories.list(own.session, 'a', 10));
      await realFs.link(own.at('a', 'file'), path.join(own.root, 'outside'));
      expect(await codeOf(other.run(() => own.read('a/file')))).toBe('PATH_OUTSIDE_WORKSPACE');
    });

    test('a lock that was taken anew is not broken instead of the one that was left: two held it', async () => {
      const staging = own.files.stagingOf(own.session);
      const [longAgo, isBroken] = [new Date(Date.now() - 120_000), callOf(other, /^unlink$/, /\.lock\./, undefined)];
      await one.run(() =>
        withFileLock(staging, 'a/file', async () => {
          const [lock = ''] = (await realFs.readdir(staging.at)).map((name) => staging.file(name));
          await realFs.utimes(lock, longAgo, longAgo);
          other.onceBefore('rename', /\.lock$/, async () => {
            await realFs.rename(lock, staging.file('broken by a third'));
            await realFs.writeFile(lock, 'of a third');
          });
          const waiting = codeOf(other.run(() => write('by the other', {})));
          await Promise.race([isBroken, waiting]);
          expect(await realFs.readFile(lock, 'utf8')).toBe('of a third');
          await realFs.rm(lock);
          expect(await waiting).toBe('done');
        }),
      );
    });
  });

  describe('and one root', () => {
    let own: Awaited<ReturnType<typeof OwnWorkspaces.make>>;
    let workspaces: Workspace['workspaces'];
    beforeEach(async () => {
      own = await OwnWorkspaces.make();
      ({ workspaces } = own);
      await realFs.mkdir(own.root, { mode: 0o700 });
      [one, other] = [new NfsClient(realFs, own.root), new NfsClient(realFs, own.root)];
    });
    afterEach(() => own.close());

    const made = async (session = newSession()) => {
      await workspaces.prepare(session.id);
      await workspaces.publish(session);
      return session;
    };

    test('a workspace that one publishes while the other ends its session is in the trash: it stayed for ever', async () => {
      const session = newSession();
      await one.run(() => workspaces.prepare(session.id));
      other.onceBefore('rename', /\.pending/, () => one.run(() => workspaces.publish(session)));
      await other.run(() => workspaces.moveToTrash(session));
      expect(await own.whereIs(session)).toEqual(['trash']);
    });

    test('a user whose last session one has ended has another by the other, which the first ends', async () => {
      const first = await made();
      await one.run(() => workspaces.moveToTrash(first));
      const second = newSession();
      await other.run(() => made(second));
      await one.run(() => workspaces.moveToTrash(second));
      expect(await own.whereIs(second)).toEqual(['trash']);
    });

    test.each<readonly [string, (session: ReturnType<typeof newSession>) => Promise<boolean>]>([
      [
        'opened',
        async (session) => {
          const opened = await workspaces.open(session);
          await opened?.close();
          return opened !== undefined;
        },
      ],
      ['found', (session) => workspaces.isThere(session)],
      ['published already', (session) => workspaces.publish(session)],
    ])('a workspace that was not there a moment ago is %s', async (_what, ask) => {
      const session = newSession();
      expect(await other.run(() => ask(session))).toBe(false);
      await one.run(() => made(session));
      expect(await other.run(() => ask(session))).toBe(true);
    });

    test('one that was there a moment ago is not found, and not published already', async () => {
      const session = await made();
      expect(await other.run(() => workspaces.isThere(session))).toBe(true);
      await one.run(() => workspaces.moveToTrash(session));
      expect(await other.run(() => workspaces.isThere(session))).toBe(false);
      expect(await other.run(() => workspaces.publish(session))).toBe(false);
    });
  });
});

import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Session } from '../../lib/sessions/session.ts';
import { codeOf } from '../setup/code-of.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

/** Where an agent has put a link that leads to itself, in the place of what is ours. */
describe('a link that leads to itself', () => {
  let stack: TestStack;
  let session: Session;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '3' });
    session = await stack.manager.createSession('ada', 'acme');
  });
  afterEach(() => stack.close());

  const loop = async (place: string) => {
    await rm(place, { recursive: true, force: true });
    await symlink(path.basename(place), place);
  };
  const answers = () => {
    const { files } = stack.manager.session(session.id);
    return Promise.all([
      codeOf(files.list('', 10)),
      codeOf(files.usage()),
      codeOf(files.write('a', Buffer.from('x'))),
      codeOf(files.read('a')),
    ]);
  };
  const NOT_FOUND = Array.from({ length: 4 }, () => 'SESSION_NOT_FOUND');
  const LONG_AGO = new Date('2020-01-01T00:00:00Z');

  test('in the place of a workspace is no workspace, and ends: CONTENTION for ever', async () => {
    await loop(session.getWorkspacePath());
    expect(await answers()).toEqual(NOT_FOUND);
    await stack.manager.cleanupSession(session.id);
    expect(await stack.manager.countAllSessions()).toBe(0);
    await stack.manager.cleanupInactiveSessions();
    expect((await readdir(stack.root)).sort()).toEqual(['.pending', '.trash']);
  });

  test('in the place of a user’s directory has no workspaces, and its sessions end: CONTENTION for ever', async () => {
    await loop(path.dirname(session.getWorkspacePath()));
    expect(await answers()).toEqual(NOT_FOUND);
    await stack.manager.cleanupSession(session.id);
    expect(await stack.manager.countAllSessions()).toBe(0);
  });

  test('in a user’s directory keeps nothing else there from being compared', async () => {
    const strays = ['stray', 'loop'].map((name) => path.join(stack.root, 'ada', name));
    await mkdir(strays[0] as string);
    await loop(strays[1] as string);
    await utimes(strays[0] as string, LONG_AGO, LONG_AGO);
    const { drift } = await stack.manager.reconciler.run();
    expect(drift).toMatchObject({ 'stray-directory': 1 });
  });

  test('in the place of a user’s directory stops no comparison, and nothing is taken from where another one leads', async () => {
    const outside = `${stack.root}-outside`;
    await mkdir(path.join(outside, 'kept'), { recursive: true });
    await utimes(path.join(outside, 'kept'), LONG_AGO, LONG_AGO);
    await loop(path.join(stack.root, 'bob'));
    await symlink(outside, path.join(stack.root, 'carol'));
    const { repaired, more } = await stack.manager.reconciler.run({ repair: true });
    expect({ repaired, more, kept: await readdir(outside) }).toEqual({ repaired: 0, more: false, kept: ['kept'] });
    await rm(outside, { recursive: true });
  });

  test('aside keeps no workspace there from being recovered or thrown away', async () => {
    const { pending } = stack.parts.workspaces.paths;
    await rename(session.getWorkspacePath(), path.join(pending, session.id));
    await mkdir(path.join(pending, 'abandoned'));
    await utimes(path.join(pending, 'abandoned'), LONG_AGO, LONG_AGO);
    await loop(path.join(pending, 'loop'));
    await stack.manager.cleanupInactiveSessions();
    expect(await readdir(pending)).toEqual(['loop']);
    expect(await readdir(path.join(stack.root, 'ada'))).toEqual([session.id]);
  });

  test('among uploads keeps none of the others', async () => {
    const uploads = stack.parts.workspaces.paths.uploadsOf(session.id);
    await mkdir(uploads, { recursive: true });
    await loop(path.join(uploads, 'a'));
    await writeFile(path.join(uploads, 'b'), 'x');
    await utimes(path.join(uploads, 'b'), LONG_AGO, LONG_AGO);
    await stack.parts.workspaces.tidyUploads(session.id, 60_000);
    expect(await readdir(uploads)).toEqual(['a']);
  });

  test('in the place of the trash throws nothing away, and is no end', async () => {
    await loop(stack.parts.workspaces.paths.trash);
    expect(await codeOf(stack.manager.cleanupSession(session.id))).toBe('CONTENTION');
    expect(await stack.manager.countAllSessions()).toBe(1);
    await rm(stack.parts.workspaces.paths.trash);
    await stack.manager.cleanupSession(session.id);
  });
});

import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readdir, rmdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from '../../lib/workspaces/files/remove-tree.ts';
import type { Workspace } from '../../lib/workspaces/workspace-paths.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { codeOf } from '../setup/code-of.ts';
import { isThere } from '../setup/is-there.ts';
import { newStack } from '../setup/test-stack.ts';
import { OneWorkspace, unlimited } from './one-workspace.ts';

export * from './closed-parts.ts';

/** What an agent does to the modes of its directories. Scenarios for an ordinary user: nothing is closed to root. */

const enough = () => AbortSignal.timeout(10_000);

/** A tree with files that nobody may write, whose every directory gets the mode. */
async function closedTree(top: string, mode: number): Promise<void> {
  await mkdir(path.join(top, 'a', 'b'), { recursive: true });
  await mkdir(path.join(top, 'sticky'));
  for (const place of ['', 'a', 'a/b', 'sticky']) {
    const file = path.join(top, place, 'file');
    await writeFile(file, 'x');
    await chmod(file, 0o400);
  }
  await chmod(path.join(top, 'sticky'), 0o1555);
  for (const place of ['a/b', 'a', '']) await chmod(path.join(top, place), mode);
}

type End = 'requested' | 'inactive' | 'stray';

/** All of a session's life but what its agent has closed; gives what is left of it. */
export async function endSession(_directory: string, mode: number, end: End) {
  const stack = await newStack({ MAX_SESSIONS: '1', TOUCH_INTERVAL_SECONDS: '0' });
  try {
    const session = await stack.manager.createSession('ada', 'acme');
    await session.files.writePart('big', Buffer.from('half!'), { first: 0, total: 10, uploadId: '' });
    const place = session.getWorkspacePath();
    await closedTree(place, mode);
    if (end === 'stray') await stack.parts.workspaces.found.throwAway({ user: 'ada', id: session.id });
    if (end === 'inactive') await stack.manager.cleanupInactiveSessions(0);
    else await stack.manager.cleanupSession(session.id);
    const wasThere = await isThere(place);
    const seats = await stack.manager.countAllSessions();
    const next = await codeOf(stack.manager.createSession('ada', 'acme'));
    await stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions();
    const left = async (name: string) => (await readdir(path.join(stack.root, name))).length;
    return { wasThere, seats, next, trash: await left('.trash'), uploads: await left('.uploads') };
  } finally {
    await stack.close();
  }
}

/** Removes a directory with all that is in it, by the API; gives what is left. */
export async function removeDirectory(directory: string, mode: number) {
  const own = await OneWorkspace.in(directory);
  await closedTree(own.at('work', 'closed'), mode);
  await own.directories.remove(own.session, 'work/closed', true);
  return { workspace: await readdir(own.at('work')), trash: await own.workspaces.listTrash() };
}

/** What is in a directory that its agent has closed is its own affair: the answer of each operation. */
export async function workInClosed(directory: string, mode: number) {
  const own = await OneWorkspace.in(directory);
  await mkdir(own.at('a', 'b'), { recursive: true });
  const answers: string[] = [];
  for (const closed of ['a', '']) {
    await chmod(own.at(closed), mode);
    for (const work of [
      () => own.directories.remove(own.session, 'a/b', true),
      () => own.directories.list(own.session, 'a', 10),
      () => own.write('a/file', 'x'),
    ])
      answers.push(await codeOf(work()));
  }
  return answers;
}

/** The mode and content of a file that an agent has given a mode, after it was written once more. */
export async function overwrite(directory: string, mode: number) {
  const own = await OneWorkspace.in(directory);
  await own.write('file', 'old');
  await chmod(own.at('file'), mode);
  await own.write('file', 'new');
  const { mode: stated } = await own.files.stat(own.session, 'file');
  return [stated, ((await stat(own.at('file'))).mode & 0o7777).toString(8), (await own.read('file')).toString()];
}

/** A file with a second name, in a directory that its agent has closed then: what it answers to be read, and copied. */
export async function readLinked(directory: string, mode: number) {
  const own = await OneWorkspace.in(directory);
  await own.write('file', 'x');
  await own.directories.make(own.session, 'a/b');
  await link(own.at('file'), own.at('a', 'b', 'file'));
  const open = [await codeOf(own.read('file')), await codeOf(own.copy('file', 'copy'))];
  await chmod(own.at('a'), mode);
  return [...open, await codeOf(own.read('file')), await codeOf(own.copy('file', 'copy-2'))];
}

/** Writes and removes under a umask that takes everything from what is made. */
export async function writeUnder(directory: string, mask: number) {
  const own = await OneWorkspace.in(directory);
  const umask = process.umask(mask);
  try {
    const answers = [await codeOf(own.write('a/file', 'x')), await codeOf(own.write('a/file', 'y'))];
    return [...answers, await codeOf(own.remove('a/file'))];
  } finally {
    process.umask(umask);
  }
}

/** What a session's files answer, and how it ends, when its user's directory is closed before each call. */
export async function workBelowClosed(_directory: string, mode: number) {
  const stack = await newStack();
  try {
    const session = await stack.manager.createSession('ada', 'acme');
    const { files } = stack.manager.session(session.id);
    const place = session.getWorkspacePath();
    const answers: Record<string, unknown> = {};
    for (const [name, work] of Object.entries({
      list: () => files.list('', 10),
      write: () => files.write('file', Buffer.from('x')),
      read: () => files.read('file'),
      usage: () => files.usage(),
      isThere: () => stack.parts.workspaces.isThere({ id: session.id, userId: 'ada' }),
      found: () => stack.parts.workspaces.found.of('ada', -1),
      end: () => stack.manager.cleanupSession(session.id),
    })) {
      await chmod(path.dirname(place), mode);
      answers[name] = await codeOf(work());
    }
    return { ...answers, seats: await stack.manager.countAllSessions() };
  } finally {
    await stack.close();
  }
}

/** A workspace whose agent has put a link in its place, to where nobody may enter. */
export async function workBehindLink(directory: string) {
  const own = await OneWorkspace.in(directory);
  await mkdir(path.join(directory, 'closed', 'below'), { recursive: true });
  await rmdir(own.at());
  await symlink(path.join(directory, 'closed', 'below'), own.at());
  await chmod(path.join(directory, 'closed'), 0);
  const opened = await own.workspaces.open(own.session);
  const isThere = await own.workspaces.isThere(own.session);
  const retired = await own.workspaces.moveToTrash(own.session);
  await chmod(path.join(directory, 'closed'), 0o700);
  return { opened: opened !== undefined, isThere, retired: retired !== undefined };
}

/** A user's directory, or the workspace that was made aside, that is closed when the workspace is moved in, and out. */
export async function moveThroughClosed(directory: string, mode: number) {
  const workspaces = new Workspaces(path.join(directory, 'root'));
  const session = { id: randomUUID(), userId: 'ada' };
  const { paths } = workspaces;
  await workspaces.prepare(session.id);
  await mkdir(path.join(paths.root, 'ada'));
  for (const closed of [path.join(paths.root, 'ada'), paths.pendingOf(session.id), paths.pending]) {
    await chmod(closed, mode);
  }
  const isMovedIn = await workspaces.publish(session);
  for (const closed of [workspaces.pathOf(session), path.join(paths.root, 'ada'), paths.trash]) {
    await chmod(closed, mode);
  }
  const retired = (await workspaces.moveToTrash(session)) ?? '';
  const isRemoved = await workspaces.removeFromTrash(retired, enough());
  return { isMovedIn, isRemoved, root: (await readdir(paths.root)).sort() };
}

/** After a crash between making each of our own directories and giving it its mode, under a umask that takes too much. */
export async function workAfterCrash(directory: string, mode: number) {
  const own = new OneWorkspace(path.join(directory, 'root'), { id: randomUUID(), userId: 'ada' });
  const { paths } = own.workspaces;
  await mkdir(paths.root);
  const ours = [paths.trash, paths.pending, paths.uploads, paths.uploadsOf(own.session.id)];
  for (const each of ours) await mkdir(each, { recursive: true });
  for (const each of ours.reverse()) await chmod(each, mode);
  await own.workspaces.prepare(own.session.id);
  await own.workspaces.publish(own.session);
  await own.write('file', 'x');
  const part = { first: 0, total: 10, uploadId: '' };
  const write = { path: 'big', conditions: {}, quota: unlimited };
  await own.files.writePart(own.session, Buffer.from('half!'), part, write);
  await chmod(paths.uploadsOf(own.session.id), mode);
  await own.workspaces.tidyUploads(own.session.id, -1);
  await own.workspaces.moveToTrash(own.session);
  await own.workspaces.discardUploads(own.session.id);
  for (const name of await own.workspaces.listTrash()) await own.workspaces.removeFromTrash(name, enough());
  return { uploads: await own.workspaces.listUploads(), trash: await own.workspaces.listTrash() };
}

export async function removeClosedTree(directory: string, mode: number, platform: string = process.platform) {
  const own = process.platform;
  const tree = path.join(directory, 'tree');
  await closedTree(tree, mode);
  Object.defineProperty(process, 'platform', { value: platform });
  try {
    return { isGone: await removeTree(tree, enough()), left: await readdir(directory) };
  } finally {
    Object.defineProperty(process, 'platform', { value: own });
  }
}

/** The modes of all directories of ours that a workspace's life makes under a umask. */
export async function modesUnder(directory: string, mask: number): Promise<string[]> {
  const workspaces = new Workspaces(path.join(directory, 'root'));
  const modeOf = async (file: string) => ((await stat(file)).mode & 0o7777).toString(8);
  const [session, trashed] = ['alice', 'bob'].map((userId) => ({ id: randomUUID(), userId })) as [Workspace, Workspace];
  const { paths } = workspaces;
  const umask = process.umask(mask);
  try {
    await workspaces.prepare(session.id);
    const aside = await modeOf(paths.pendingOf(session.id));
    await workspaces.publish(session);
    await workspaces.prepare(trashed.id);
    await workspaces.moveToTrash(trashed);
    const places = [paths.root, paths.pending, paths.trash, path.join(paths.root, 'alice'), workspaces.pathOf(session)];
    return [aside, ...(await Promise.all(places.map(modeOf)))];
  } finally {
    process.umask(umask);
  }
}

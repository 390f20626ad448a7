import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../setup/code-of.ts';
import { newStack, TestClock } from '../setup/test-stack.ts';
import { OneWorkspace } from './one-workspace.ts';

// More of `closed-directories.ts`: parts of a workspace that its agent has closed.

/** What a list of the workspace tells of directories that its agent has closed, alone and with what is in them. */
export async function listClosed(directory: string) {
  const own = await OneWorkspace.in(directory);
  for (const [name, mode] of [
    ['closed', 0],
    ['names-only', 0o400],
    ['open', 0o700],
  ] as const) {
    await mkdir(own.at(name, 'sub'), { recursive: true });
    await writeFile(own.at(name, 'file'), '12345');
    await chmod(own.at(name), mode);
  }
  const shown = async (at: string, depth?: number) => {
    const { entries } = await own.directories.list(own.session, at, 100, undefined, depth);
    return entries.map(({ name, path: place = name, type, size, modifiedAt, unreadable }) =>
      [place, type, size, modifiedAt === undefined ? 'no time' : 'time', unreadable ? 'unreadable' : '']
        .join(' ')
        .trim(),
    );
  };
  return { root: await shown(''), names: await shown('names-only'), tree: await shown('', 9) };
}

/** What is measured before and after an agent has closed a part of its workspace, and what may be written then. */
export async function measureClosed(_directory: string, mode: number) {
  const clock = new TestClock();
  const stack = await newStack({ MAX_WORKSPACE_BYTES: '1000' }, clock);
  try {
    const session = await stack.manager.createSession('ada', 'acme');
    const { files } = stack.manager.session(session.id);
    await files.write('seen', Buffer.alloc(100));
    await files.write('part/hidden', Buffer.alloc(800));
    const usage = async () => {
      clock.advance({ seconds: 3600 });
      return { ...(await files.usage()), measuredAt: undefined };
    };
    const before = await usage();
    await chmod(path.join(session.getWorkspacePath(), 'part'), mode);
    const closed = [await usage(), await usage()];
    const write = await codeOf(files.write('more', Buffer.alloc(200)));
    await chmod(path.join(session.getWorkspacePath(), 'part'), 0o700);
    return { before, closed, write, after: await usage() };
  } finally {
    await stack.close();
  }
}

/** Moves and copies of what an agent has closed, as `mv` and `cp` do them for its owner; gives what is left of them. */
export async function moveClosed(directory: string) {
  const own = await OneWorkspace.in(directory);
  for (const name of ['read-only', 'names-only', 'parent/inner', 'tree/closed']) {
    await mkdir(own.at(name), { recursive: true });
    await writeFile(own.at(name, 'file'), 'x');
  }
  for (const [name, mode] of Object.entries({ 'read-only': 0o500, 'names-only': 0o400, parent: 0o500 })) {
    await chmod(own.at(name), mode);
  }
  await chmod(own.at('tree', 'closed'), 0);
  const codes: Record<string, string> = {};
  const note = async (what: string, work: Promise<void>) => (codes[what] = await codeOf(work));
  await note('a closed directory to another name', own.move('read-only', 'renamed'));
  await note('a closed directory to another parent', own.move('renamed', 'sub/renamed'));
  await note('out of a closed directory', own.move('parent/inner', 'inner'));
  await note('into a closed directory', own.copy('renamed/file', 'parent/file'));
  await note('a copy of a closed directory', own.copy('renamed', 'copy'));
  await note('a copy of names only', own.copy('names-only', 'copy-2'));
  await note('a copy of a tree with a closed part', own.copy('tree', 'copy-3'));
  const mode = ((await stat(own.at('copy'))).mode & 0o777).toString(8);
  const { uploads, trash } = own.workspaces.paths;
  const left = [...(await readdir(uploads)), ...(await readdir(trash).catch(() => []))];
  return { codes, mode, root: (await readdir(own.at())).sort(), left };
}

import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** The root of the file system. */
const FILE_SYSTEM = process.env.WORKSPACE ?? '';
/** Where the functions' access point begins. */
const WORKSPACES = 'workspaces';
/** AWS Backup makes one for each restore, next to what is there, with the paths as they were. */
const RESTORED = /^aws-backup-restore_/;
/** The directory of a user and of a session. */
const WORKSPACE = /^[\w%.~-]+\/[0-9a-f-]{36}$/;

/**
 * Copies a workspace, `<user>/<session>`, from the latest restore that has it to its place. What is in its place already
 * stays as it is. Gives the directory that it copied from.
 */
export async function handler({ workspace }: { workspace: string }): Promise<{ from: string }> {
  const [user = ''] = workspace.split('/');
  if (!WORKSPACE.test(workspace) || user === '.' || user === '..') throw new Error(`${workspace} is no workspace.`);
  const from = await latestRestoreOf(workspace);
  const place = path.join(FILE_SYSTEM, WORKSPACES, workspace);
  for (const directory of [path.dirname(place), place]) await mkdir(directory, { recursive: true, mode: 0o700 });
  await cp(path.join(FILE_SYSTEM, from), place, {
    recursive: true,
    force: false,
    verbatimSymlinks: true,
    preserveTimestamps: true,
  });
  return { from };
}

async function latestRestoreOf(workspace: string): Promise<string> {
  const restores = (await readdir(FILE_SYSTEM)).filter((name) => RESTORED.test(name)).sort();
  for (const restore of restores.reverse()) {
    const from = path.join(restore, WORKSPACES, workspace);
    if (await isThere(path.join(FILE_SYSTEM, from))) return from;
  }
  throw new Error(`No restore has ${workspace}: ${restores.length} looked at.`);
}

const isThere = (directory: string): Promise<boolean> =>
  stat(directory).then(
    () => true,
    () => false,
  );

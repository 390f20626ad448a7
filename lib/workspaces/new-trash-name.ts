import { hasErrno } from './files/errno.ts';
import { makeAll, statsOf } from './files/file-steps.ts';
import { trashName, type WorkspacePaths } from './workspace-paths.ts';

/**
 * Where something is to be thrown, with the trash made. A full disk has no room to make it, and gets none unless something
 * is thrown away: then it is a name in `.pending`, which there is as long as there are sessions.
 */
export async function newTrashName({ trash, pending }: WorkspacePaths, sessionId: string): Promise<string> {
  try {
    await makeAll(trash);
    return trashName(sessionId);
  } catch (thrown) {
    if (!hasErrno(thrown, 'ENOSPC', 'EDQUOT', 'EMLINK') || !(await statsOf(pending))) throw thrown;
    return trashName(sessionId, { aside: true });
  }
}

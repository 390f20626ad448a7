import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { workspaceOf, type Workspace } from '../../lib/workspaces/workspace-paths.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { isThere } from '../setup/is-there.ts';

export const newSession = (userId = 'alice'): Workspace => ({ id: randomUUID(), userId });

/** Workspaces whose root does not exist yet, alone in a directory. */
export class OwnWorkspaces {
  readonly base: string;
  readonly root: string;
  readonly workspaces: Workspaces;

  private constructor(base: string) {
    this.base = base;
    this.root = path.join(base, 'root');
    this.workspaces = new Workspaces(this.root);
  }

  static async make(): Promise<OwnWorkspaces> {
    return new OwnWorkspaces(await mkdtemp(path.join(tmpdir(), 'workspaces-')));
  }

  close(): Promise<void> {
    return rm(this.base, { recursive: true, force: true });
  }

  /** Where the directories of a session are: each of the three at most. */
  async whereIs({ id, userId }: Workspace): Promise<string[]> {
    const inTrash = (await this.workspaces.listTrash()).filter((name) => name.startsWith(`${id}.`));
    return [
      ...((await isThere(path.join(this.root, workspaceOf(userId, id)))) ? ['place'] : []),
      ...((await isThere(this.workspaces.paths.pendingOf(id))) ? ['pending'] : []),
      ...inTrash.map(() => 'trash'),
    ];
  }
}

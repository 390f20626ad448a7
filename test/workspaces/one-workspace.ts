import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WorkspaceDirectories } from '../../lib/workspaces/workspace-directories.ts';
import { WorkspaceMoves } from '../../lib/workspaces/moves/workspace-moves.ts';
import { WorkspaceFiles, type Quota, type WriteOutcome } from '../../lib/workspaces/workspace-files.ts';
import type { Workspace } from '../../lib/workspaces/workspace-paths.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';

export const unlimited: Quota = {
  limit: 0,
  check: async () => undefined,
  take: async () => undefined,
  giveBack: async () => undefined,
};

/** A workspace on a root of its own, and what works in it. */
export class OneWorkspace {
  readonly workspaces: Workspaces;
  readonly files: WorkspaceFiles;
  readonly directories: WorkspaceDirectories;
  readonly moves: WorkspaceMoves;
  readonly session: Workspace;

  constructor(root: string, session: Workspace) {
    this.workspaces = new Workspaces(root);
    this.files = new WorkspaceFiles(this.workspaces);
    this.directories = new WorkspaceDirectories(this.workspaces, this.files);
    this.moves = new WorkspaceMoves(this.workspaces, this.files);
    this.session = session;
  }

  static async make(): Promise<OneWorkspace> {
    return OneWorkspace.at(await mkdtemp(path.join(tmpdir(), 'one-workspace-')));
  }

  /** With a root in this directory. */
  static in(directory: string): Promise<OneWorkspace> {
    return OneWorkspace.at(path.join(directory, 'root'));
  }

  private static async at(root: string): Promise<OneWorkspace> {
    const made = new OneWorkspace(root, { id: randomUUID(), userId: 'ada' });
    await made.workspaces.prepare(made.session.id);
    await made.workspaces.publish(made.session);
    return made;
  }

  get root(): string {
    return this.workspaces.paths.root;
  }

  /** The path on disk of something in it. */
  at(...names: string[]): string {
    return path.join(this.workspaces.pathOf(this.session), ...names);
  }

  write(file: string, content: string | Buffer, conditions = {}): Promise<WriteOutcome> {
    return this.files.write(this.session, Buffer.from(content), { path: file, conditions, quota: unlimited });
  }

  async read(file: string): Promise<Buffer> {
    const read = await this.files.read(this.session, file);
    return 'bytes' in read ? read.bytes : Buffer.alloc(0);
  }

  remove(file: string): Promise<void> {
    return this.files.remove(this.session, { path: file, conditions: {}, quota: unlimited });
  }

  move(from: string, to: string, overwrite = false): Promise<void> {
    return this.moves.move(this.session, { from, to, overwrite, quota: unlimited });
  }

  copy(from: string, to: string, overwrite = false): Promise<void> {
    return this.moves.copy(this.session, { from, to, overwrite, quota: unlimited });
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

import type { AuditedOperation } from '../telemetry/audit/audit-catalogue.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { WorkspaceUsage } from './workspace-usage-store.ts';
import type { Conditions } from './files/entity-tag.ts';
import type { ByteRange, FileContent } from './files/file-content.ts';
import type { DirectoryPage, WorkspaceDirectories } from './workspace-directories.ts';
import type { Part, WriteOutcome, WorkspaceFiles } from './workspace-files.ts';
import { WorkspaceRoom, type WorkspaceRoomUses } from './workspace-quota.ts';
import type { SessionItem } from '../table/session-item.ts';

/** What this needs of a session: that each call looks it up, and is told of. */
interface SessionOfFiles {
  open(): Promise<SessionItem>;
  recorded<T>(operation: AuditedOperation, details: AuditDetails, work: () => Promise<T>): Promise<T>;
}

export interface SessionFilesUses extends WorkspaceRoomUses {
  readonly files: WorkspaceFiles;
  readonly directories: WorkspaceDirectories;
}

/**
 * The files of a session's workspace, by paths relative to it. No link is followed, and nothing but directories and
 * regular files with one name is read or replaced. Throws the errors of `errors.ts`.
 */
export class SessionFiles {
  readonly #session: SessionOfFiles;
  readonly #parts: SessionFilesUses;

  constructor(session: SessionOfFiles, parts: SessionFilesUses) {
    this.#session = session;
    this.#parts = parts;
  }

  /** At most 4 MiB: of a longer range its beginning, and of a longer file nothing without a range. */
  async read(path: string, range?: ByteRange, conditions: Conditions = {}): Promise<FileContent> {
    return this.#recorded('readFile', (session) => this.#parts.files.read(session, path, range, conditions));
  }

  /** At most 4 MiB. The old content is there until the new is there as a whole, durable. */
  async write(path: string, content: Buffer, conditions: Conditions = {}): Promise<WriteOutcome> {
    return this.#recorded('writeFile', async (session) => {
      const room = this.#roomOf(session);
      return this.#parts.files.write(session, content, { path, conditions, room });
    });
  }

  /** Parts come one after the other; with the last one the file is in its place. No bytes: says what has arrived. */
  async writePart(path: string, bytes: Buffer, part: Part, conditions: Conditions = {}): Promise<WriteOutcome> {
    return this.#recorded('writeFile', async (session) => {
      const room = this.#roomOf(session);
      return this.#parts.files.writePart(session, bytes, part, { path, conditions, room });
    });
  }

  async delete(path: string, conditions: Conditions = {}): Promise<void> {
    await this.#recorded('deleteFile', async (session) => {
      await this.#parts.files.remove(session, { path, conditions, room: this.#roomOf(session) });
    });
  }

  /** Entries by name; `''` is the workspace itself. */
  async list(path: string, limit: number, cursor?: string): Promise<DirectoryPage> {
    return this.#recorded('listDirectory', (session) => this.#parts.directories.list(session, path, limit, cursor));
  }

  /** With all that is missing above it. True: it was there. */
  async makeDirectory(path: string): Promise<boolean> {
    return this.#recorded('makeDirectory', (session) => this.#parts.directories.make(session, path));
  }

  async removeDirectory(path: string, recursive = false): Promise<void> {
    await this.#recorded('removeDirectory', (session) => this.#parts.directories.remove(session, path, recursive));
  }

  /** Measured now or a moment ago; of a large workspace as far as it has been measured (`complete: false`). */
  async usage(): Promise<WorkspaceUsage> {
    return this.#recorded('getWorkspaceUsage', (session) => this.#roomOf(session).usage());
  }

  #roomOf(session: SessionItem): WorkspaceRoom {
    return new WorkspaceRoom(this.#parts, session);
  }

  #recorded<T>(operation: AuditedOperation, work: (session: SessionItem) => Promise<T>): Promise<T> {
    return this.#session.recorded(operation, {}, async () => work(await this.#session.open()));
  }
}

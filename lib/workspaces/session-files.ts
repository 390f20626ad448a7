import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';
import { readBytes, readInput, readText } from '../telemetry/audit/callers-input.ts';
import type { AuditedOperation } from '../telemetry/audit/audit-catalogue.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import type { WorkspaceUsage } from './workspace-usage-store.ts';
import type { Conditions } from './files/entity-tag.ts';
import type { ByteRange, FileContent } from './files/file-content.ts';
import type { DirectoryPage, WorkspaceDirectories } from './workspace-directories.ts';
import type { Part, WriteOutcome, WorkspaceFiles } from './workspace-files.ts';
import { WorkspaceQuota, type WorkspaceQuotaUses } from './workspace-quota.ts';
import type { SessionItem } from '../table/session-item.ts';

const conditionsSchema = lazily(() =>
  z.object({ ifMatch: z.optional(z.string()), ifNoneMatch: z.optional(z.string()) }),
);
const rangeSchema = lazily(() => z.optional(z.object({ first: z.number(), last: z.optional(z.number()) })));
const partSchema = lazily(() => z.object({ first: z.number(), total: z.number(), uploadId: z.string() }));
const pageSchema = lazily(() => z.object({ limit: z.number(), cursor: z.optional(z.string()) }));

/** What this needs of a session: that each call looks it up, and is told of. */
interface SessionOfFiles {
  open(): Promise<SessionItem>;
  recorded<T>(operation: AuditedOperation, details: AuditDetails, work: () => Promise<T>): Promise<T>;
}

export interface SessionFilesUses extends WorkspaceQuotaUses {
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
    return this.#recorded('readFile', async (session) => {
      const at = readText('path', path);
      const span = readInput(rangeSchema(), range);
      return this.#parts.files.read(session, at, span, readInput(conditionsSchema(), conditions));
    });
  }

  /** At most 4 MiB. The old content is there until the new is there as a whole, durable. */
  async write(path: string, content: Buffer, conditions: Conditions = {}): Promise<WriteOutcome> {
    return this.#recorded('writeFile', async (session) => {
      return this.#parts.files.write(session, readBytes('content', content), this.#changeOf(session, path, conditions));
    });
  }

  /** Parts come one after the other; with the last one the file is in its place. No bytes: says what has arrived. */
  async writePart(path: string, bytes: Buffer, part: Part, conditions: Conditions = {}): Promise<WriteOutcome> {
    return this.#recorded('writeFile', async (session) => {
      const change = this.#changeOf(session, path, conditions);
      return this.#parts.files.writePart(session, readBytes('content', bytes), readInput(partSchema(), part), change);
    });
  }

  async delete(path: string, conditions: Conditions = {}): Promise<void> {
    await this.#recorded('deleteFile', async (session) => {
      await this.#parts.files.remove(session, this.#changeOf(session, path, conditions));
    });
  }

  /** Entries by name; `''` is the workspace itself. */
  async list(path: string, limit: number, cursor?: string): Promise<DirectoryPage> {
    return this.#recorded('listDirectory', async (session) => {
      const page = readInput(pageSchema(), { limit, cursor });
      return this.#parts.directories.list(session, readText('path', path), page.limit, page.cursor);
    });
  }

  /** With all that is missing above it. True: it was there. */
  async makeDirectory(path: string): Promise<boolean> {
    return this.#recorded('makeDirectory', async (session) =>
      this.#parts.directories.make(session, readText('path', path)),
    );
  }

  async removeDirectory(path: string, recursive = false): Promise<void> {
    await this.#recorded('removeDirectory', async (session) =>
      this.#parts.directories.remove(session, readText('path', path), recursive),
    );
  }

  /** Measured now or a moment ago; of a large workspace as far as it has been measured (`complete: false`). */
  async usage(): Promise<WorkspaceUsage> {
    return this.#recorded('getWorkspaceUsage', (session) => this.#roomOf(session).usage());
  }

  #changeOf(session: SessionItem, path: string, conditions: Conditions) {
    return {
      path: readText('path', path),
      conditions: readInput(conditionsSchema(), conditions),
      room: this.#roomOf(session),
    };
  }

  #roomOf(session: SessionItem): WorkspaceQuota {
    return new WorkspaceQuota(this.#parts, session);
  }

  #recorded<T>(operation: AuditedOperation, work: (session: SessionItem) => Promise<T>): Promise<T> {
    return this.#session.recorded(operation, {}, async () => work(await this.#session.open()));
  }
}

import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';
import { readBytes, readInput, readText } from '../telemetry/audit/callers-input.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import { fileAudit } from './file-audit.ts';
import type { WorkspaceUsage } from './workspace-usage-store.ts';
import { entityTags, tagOrDate } from './condition-schemas.ts';
import type { Conditions, FileStat, ReadConditions } from './files/entity-tag.ts';
import type { ByteRange, FileContent } from './files/file-content.ts';
import type { DirectoryPage, WorkspaceDirectories } from './workspace-directories.ts';
import type { Part, WriteOutcome, WorkspaceFiles } from './workspace-files.ts';
import { WorkspaceQuota, type WorkspaceQuotaUses } from './workspace-quota.ts';
import type { SessionItem } from '../table/session-item.ts';

const conditionsShape = () => ({ ifMatch: z.optional(entityTags()), ifNoneMatch: z.optional(entityTags()) });
const conditionsSchema = lazily(() => z.object(conditionsShape()));
const readConditionsSchema = lazily(() => z.object({ ...conditionsShape(), ifRange: z.optional(tagOrDate()) }));
const rangeSchema = lazily(() => z.object({ first: z.number(), last: z.optional(z.number()) }));
const rangesSchema = lazily(() => z.union([rangeSchema(), z.array(rangeSchema())]));
const partSchema = lazily(() => z.object({ first: z.number(), total: z.number(), uploadId: z.string() }));
const pageSchema = lazily(() => z.object({ limit: z.number(), cursor: z.optional(z.string()) }));

function rangesOf(range: ByteRange | readonly ByteRange[] | undefined): ByteRange[] | undefined {
  if (range === undefined) return undefined;
  return [readInput(rangesSchema(), range)].flat();
}

/** What this needs of a session: each call reads it, and is recorded in the audit log. */
interface SessionOfFiles {
  open(): Promise<SessionItem>;
  recorded<T>(row: AuditRow, details: AuditDetails, work: () => Promise<T>): Promise<T>;
}

/** What operations on files use of a session manager. */
export interface ManagerOfFiles {
  session(sessionId: string): { readonly files: SessionFiles };
}

export interface SessionFilesUses {
  readonly files: WorkspaceFiles;
  readonly directories: WorkspaceDirectories;
  readonly quota: WorkspaceQuotaUses;
}

/**
 * The files of a session's workspace, by paths relative to it. No link is followed, and nothing but directories and
 * regular files with one name is read or replaced. Throws the errors of `errors.ts`.
 */
export class SessionFiles {
  readonly #session: SessionOfFiles;
  readonly #uses: SessionFilesUses;

  constructor(session: SessionOfFiles, uses: SessionFilesUses) {
    this.#session = session;
    this.#uses = uses;
  }

  /**
   * At most 4 MiB: of a longer range its beginning, and of a longer file nothing without a range. Of several ranges all of
   * the file if it fits, else one range that has all of them.
   */
  async read(
    path: string,
    range?: ByteRange | readonly ByteRange[],
    conditions: ReadConditions = {},
  ): Promise<FileContent> {
    return this.#recorded(fileAudit.readFile, async (session) => {
      const at = readText('path', path);
      return this.#uses.files.read(session, at, rangesOf(range), readInput(readConditionsSchema(), conditions));
    });
  }

  /** Size, time, tag and permissions, without the content. `unmodified`: `ifNoneMatch` has the tag. */
  async stat(path: string, conditions: Conditions = {}): Promise<FileStat & { unmodified?: true }> {
    return this.#recorded(fileAudit.statFile, async (session) => {
      const at = readText('path', path);
      return this.#uses.files.stat(session, at, readInput(conditionsSchema(), conditions));
    });
  }

  /** At most 4 MiB. The old content is there until the new is there as a whole, durable. */
  async write(path: string, content: Buffer, conditions: Conditions = {}): Promise<WriteOutcome> {
    return this.#recorded(fileAudit.writeFile, async (session) => {
      return this.#uses.files.write(session, readBytes('content', content), this.#changeOf(session, path, conditions));
    });
  }

  /** Parts come one after the other; with the last one the file is in its place. No bytes: says what has arrived. */
  async writePart(path: string, bytes: Buffer, part: Part, conditions: Conditions = {}): Promise<WriteOutcome> {
    return this.#recorded(fileAudit.writeFile, async (session) => {
      const change = this.#changeOf(session, path, conditions);
      return this.#uses.files.writePart(session, readBytes('content', bytes), readInput(partSchema(), part), change);
    });
  }

  async delete(path: string, conditions: Conditions = {}): Promise<void> {
    await this.#recorded(fileAudit.deleteFile, async (session) => {
      await this.#uses.files.remove(session, this.#changeOf(session, path, conditions));
    });
  }

  /** Entries by name; `''` is the workspace itself. */
  async list(path: string, limit: number, cursor?: string): Promise<DirectoryPage> {
    return this.#recorded(fileAudit.listDirectory, async (session) => {
      const page = readInput(pageSchema(), { limit, cursor });
      return this.#uses.directories.list(session, readText('path', path), page.limit, page.cursor);
    });
  }

  /** With all that is missing above it. `existed`: it was there. */
  async makeDirectory(path: string): Promise<{ existed: boolean }> {
    return this.#recorded(fileAudit.makeDirectory, async (session) => ({
      existed: await this.#uses.directories.make(session, readText('path', path)),
    }));
  }

  async removeDirectory(path: string, recursive = false): Promise<void> {
    await this.#recorded(fileAudit.removeDirectory, async (session) =>
      this.#uses.directories.remove(session, readText('path', path), recursive),
    );
  }

  /** Measured now or a moment ago; of a large workspace as far as it has been measured (`complete: false`). */
  async usage(): Promise<WorkspaceUsage> {
    return this.#recorded(fileAudit.getWorkspaceUsage, (session) => this.#quotaOf(session).usage());
  }

  #changeOf(session: SessionItem, path: string, conditions: Conditions) {
    return {
      path: readText('path', path),
      conditions: readInput(conditionsSchema(), conditions),
      quota: this.#quotaOf(session),
    };
  }

  #quotaOf(session: SessionItem): WorkspaceQuota {
    return new WorkspaceQuota(this.#uses.quota, session);
  }

  #recorded<T>(row: AuditRow, work: (session: SessionItem) => Promise<T>): Promise<T> {
    return this.#session.recorded(row, {}, async () => work(await this.#session.open()));
  }
}

import * as z from 'zod/mini';
import { ValidationError } from '../errors.ts';
import type { AgentNeeds } from '../identity.ts';
import { lazily } from '../schemas.ts';
import { readBytes, readInput } from '../telemetry/audit/callers-input.ts';
import type { AuditRow } from '../telemetry/audit/audit-row.ts';
import type { AuditDetails } from '../telemetry/audit/audit-event.ts';
import { fileAudit } from './file-audit.ts';
import type { WorkspaceUsage } from './workspace-usage-store.ts';
import { entityTags, fileMode, tagOrDate } from './condition-schemas.ts';
import type { FilePath } from './files/encoded-path.ts';
import type { Conditions, FileStat, ReadConditions } from './files/entity-tag.ts';
import type { ByteRange, FileContent } from './files/file-content.ts';
import { readPath } from './path-schemas.ts';
import type { DirectoryPage, WorkspaceDirectories } from './workspace-directories.ts';
import type { Part, WriteOutcome, WorkspaceFiles } from './workspace-files.ts';
import { WorkspaceQuota, type WorkspaceQuotaUses } from './workspace-quota.ts';
import type { WorkspaceMoves } from './moves/workspace-moves.ts';
import type { SessionItem } from '../table/session-item.ts';

const conditionsShape = () => ({ ifMatch: z.optional(entityTags()), ifNoneMatch: z.optional(entityTags()) });
const conditionsSchema = lazily(() => z.object(conditionsShape()));
const writeOptionsSchema = lazily(() => z.object({ ...conditionsShape(), mode: z.optional(fileMode()) }));
const readConditionsSchema = lazily(() => z.object({ ...conditionsShape(), ifRange: z.optional(tagOrDate()) }));
const rangeSchema = lazily(() => z.object({ first: z.number(), last: z.optional(z.number()) }));
const rangesSchema = lazily(() => z.union([rangeSchema(), z.array(rangeSchema())]));
const partSchema = lazily(() => z.object({ first: z.number(), total: z.number(), uploadId: z.string() }));
const pageSchema = lazily(() => z.object({ limit: z.number(), cursor: z.optional(z.string()) }));

const overwriteSchema = lazily(() => z.object({ overwrite: z.optional(z.boolean()) }));
const treeSchema = lazily(() => z.object({ recursive: z.optional(z.boolean()), depth: z.optional(z.number()) }));

/** Whether what is at the end of a move or a copy is replaced: a file by a file, an empty directory by a directory. */
export interface OverwriteOptions {
  overwrite?: boolean | undefined;
}

/** Whether a list has what is below a directory too, and how many levels of it; 1 is the directory's own entries. */
export interface TreeOptions {
  recursive?: boolean | undefined;
  depth?: number | undefined;
}

function rangesOf(range: ByteRange | readonly ByteRange[] | undefined): ByteRange[] | undefined {
  if (range === undefined) return undefined;
  return [readInput(rangesSchema(), range)].flat();
}

/** How a file is written: what it must be before, and its permissions, in octal digits. */
export interface WriteOptions extends Conditions {
  mode?: string | undefined;
}

/** What this needs of a session: each call reads it, and is recorded in the audit log. */
interface SessionOfFiles {
  /** Refuses an agent that has not what the operation needs of one. */
  open(agentNeeds?: AgentNeeds): Promise<SessionItem>;
  recorded<T>(row: AuditRow, details: AuditDetails, work: () => Promise<T>): Promise<T>;
}

/** What operations on files use of a session manager. */
export interface ManagerOfFiles {
  session(sessionId: string): { readonly files: SessionFiles };
}

export interface SessionFilesUses {
  readonly files: WorkspaceFiles;
  readonly directories: WorkspaceDirectories;
  readonly moves: WorkspaceMoves;
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
    path: FilePath,
    range?: ByteRange | readonly ByteRange[],
    conditions: ReadConditions = {},
  ): Promise<FileContent> {
    return this.#recorded(fileAudit.readFile, 'files:read', async (session) => {
      const at = readPath('path', path);
      return this.#uses.files.read(session, at, rangesOf(range), readInput(readConditionsSchema(), conditions));
    });
  }

  /** Size, time, tag and permissions, without the content. `unmodified`: `ifNoneMatch` has the tag. */
  async stat(path: FilePath, conditions: Conditions = {}): Promise<FileStat & { unmodified?: true }> {
    return this.#recorded(fileAudit.statFile, 'files:read', async (session) => {
      const at = readPath('path', path);
      return this.#uses.files.stat(session, at, readInput(conditionsSchema(), conditions));
    });
  }

  /** At most 4 MiB. The old content is there until the new is there as a whole, durable. */
  async write(path: FilePath, content: Buffer, options: WriteOptions = {}): Promise<WriteOutcome> {
    return this.#recorded(fileAudit.writeFile, 'files:write', async (session) => {
      return this.#uses.files.write(session, readBytes('content', content), this.#writeOf(session, path, options));
    });
  }

  /** Parts come one after the other; with the last one the file is in its place. No bytes: says what has arrived. */
  async writePart(path: FilePath, bytes: Buffer, part: Part, options: WriteOptions = {}): Promise<WriteOutcome> {
    return this.#recorded(fileAudit.writeFile, 'files:write', async (session) => {
      const change = this.#writeOf(session, path, options);
      return this.#uses.files.writePart(session, readBytes('content', bytes), readInput(partSchema(), part), change);
    });
  }

  async delete(path: FilePath, conditions: Conditions = {}): Promise<void> {
    await this.#recorded(fileAudit.deleteFile, 'files:write', async (session) => {
      await this.#uses.files.remove(session, this.#changeOf(session, path, conditions));
    });
  }

  /** A file, a link or a directory with all that is in it, in one step. Never over something without `overwrite`. */
  async move(from: FilePath, to: FilePath, options: OverwriteOptions = {}): Promise<void> {
    await this.#recorded(fileAudit.moveFile, 'files:write', async (session) => {
      await this.#uses.moves.move(session, this.#transferOf(session, from, to, options));
    });
  }

  /** The same for a copy, which appears as a whole or not at all. Within 20 s, or a `FileTooLargeError`. */
  async copy(from: FilePath, to: FilePath, options: OverwriteOptions = {}): Promise<void> {
    await this.#recorded(fileAudit.copyFile, 'files:write', async (session) => {
      await this.#uses.moves.copy(session, this.#transferOf(session, from, to, options));
    });
  }

  /**
   * Entries by name; `''` is the workspace itself. `recursive`: with all that is below, or so many levels of it (`depth`);
   * such a page may be short.
   */
  async list(path: FilePath, limit: number, cursor?: string, tree: TreeOptions = {}): Promise<DirectoryPage> {
    return this.#recorded(fileAudit.listDirectory, 'files:read', async (session) => {
      const page = readInput(pageSchema(), { limit, cursor });
      const { recursive = false, depth } = readInput(treeSchema(), tree);
      if (depth !== undefined && !recursive) throw ValidationError.at('depth', 'is for recursive lists');
      const levels = recursive ? (depth ?? Infinity) : undefined;
      return this.#uses.directories.list(session, readPath('path', path), page.limit, page.cursor, levels);
    });
  }

  /** With all that is missing above it. `existed`: it was there. */
  async makeDirectory(path: FilePath): Promise<{ existed: boolean }> {
    return this.#recorded(fileAudit.makeDirectory, 'files:write', async (session) => ({
      existed: await this.#uses.directories.make(session, readPath('path', path)),
    }));
  }

  async removeDirectory(path: FilePath, recursive = false): Promise<void> {
    await this.#recorded(fileAudit.removeDirectory, 'files:write', async (session) =>
      this.#uses.directories.remove(session, readPath('path', path), recursive),
    );
  }

  /** Measured now or a moment ago; of a large workspace as far as it has been measured (`complete: false`). */
  async usage(): Promise<WorkspaceUsage> {
    return this.#recorded(fileAudit.getWorkspaceUsage, undefined, (session) => this.#quotaOf(session).usage());
  }

  #writeOf(session: SessionItem, path: FilePath, options: WriteOptions) {
    const { mode, ...conditions } = readInput(writeOptionsSchema(), options);
    return { path: readPath('path', path), conditions, mode, quota: this.#quotaOf(session) };
  }

  #changeOf(session: SessionItem, path: FilePath, conditions: Conditions) {
    return {
      path: readPath('path', path),
      conditions: readInput(conditionsSchema(), conditions),
      quota: this.#quotaOf(session),
    };
  }

  #transferOf(session: SessionItem, from: FilePath, to: FilePath, options: OverwriteOptions) {
    const { overwrite = false } = readInput(overwriteSchema(), options);
    const quota = this.#quotaOf(session);
    return { from: readPath('from', from), to: readPath('to', to), overwrite, quota };
  }

  #quotaOf(session: SessionItem): WorkspaceQuota {
    return new WorkspaceQuota(this.#uses.quota, session);
  }

  #recorded<T>(
    row: AuditRow,
    agentNeeds: AgentNeeds | undefined,
    work: (session: SessionItem) => Promise<T>,
  ): Promise<T> {
    return this.#session.recorded(row, {}, async () => work(await this.#session.open(agentNeeds)));
  }
}

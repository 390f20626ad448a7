import type { BigIntStats } from 'node:fs';
import { PreconditionFailedError } from '../file-errors.ts';
import { PERMISSIONS } from './file-mode.ts';

/** One state of a file. `etag` names it, in quotes. */
export interface FileInfo {
  size: number;
  etag: string;
  modifiedAt: string;
}

/** The same with its permissions, in octal digits: `644`. */
export interface FileStat extends FileInfo {
  mode: string;
}

/** What the file must be for an operation to go on: lists of entity tags, or `*` for any. */
export interface Conditions {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
}

/**
 * Writing through the API makes a new file and so a new tag; an agent that writes into a file in place changes its time
 * of modification.
 */
export function infoOf(stats: BigIntStats): FileInfo {
  const parts = [stats.ino, stats.size, stats.mtimeNs];
  const etag = `"${parts.map((part) => part.toString(36)).join('-')}"`;
  return { size: Number(stats.size), etag, modifiedAt: stats.mtime.toISOString() };
}

/** A read may also have the tag, or the time, of the file that its ranges are of. */
export interface ReadConditions extends Conditions {
  ifRange?: string | undefined;
}

export const statOf = (stats: BigIntStats): FileStat => ({
  ...infoOf(stats),
  mode: (stats.mode & PERMISSIONS).toString(8).padStart(3, '0'),
});

/**
 * Whether the list has the tag (`undefined`: there is no file). Strongly compared, a weak tag (`W/"…"`) is none; weakly
 * compared, it is the same as the strong one (RFC 9110, 8.8.3.2). Our tags are strong.
 */
export function hasEtag(list: string, etag: string | undefined, comparison: 'strong' | 'weak'): boolean {
  if (etag === undefined) return false;
  if (list.trim() === '*') return true;
  const tags: string[] = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.includes(etag) || (comparison === 'weak' && tags.includes(`W/${etag}`));
}

/** The value of the header `Last-Modified`: in whole seconds. */
export const lastModified = ({ modifiedAt }: Pick<FileInfo, 'modifiedAt'>): string =>
  new Date(modifiedAt).toUTCString();

/** Whether ranges may be taken from a file in this state, because the caller has parts of the same state or of none. */
export function mayGiveRanges({ ifRange }: ReadConditions, info: FileInfo): boolean {
  if (ifRange === undefined) return true;
  return ifRange.includes('"') ? hasEtag(ifRange, info.etag, 'strong') : ifRange === lastModified(info);
}

export const areAny = ({ ifMatch, ifNoneMatch }: Conditions): boolean =>
  ifMatch !== undefined || ifNoneMatch !== undefined;

/** Throws a `PreconditionFailedError` if a file in this state (`undefined`: none) may not be changed. */
export function checkConditions({ ifMatch, ifNoneMatch }: Conditions, found: BigIntStats | undefined): void {
  const etag = found && infoOf(found).etag;
  const isRefused =
    (ifMatch !== undefined && !hasEtag(ifMatch, etag, 'strong')) ||
    (ifNoneMatch !== undefined && hasEtag(ifNoneMatch, etag, 'weak'));
  if (isRefused) throw new PreconditionFailedError(etag);
}

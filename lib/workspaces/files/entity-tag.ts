import type { BigIntStats } from 'node:fs';
import { PreconditionFailedError } from '../file-errors.ts';

/** One state of a file. `etag` names it, in quotes. */
export interface FileInfo {
  size: number;
  etag: string;
  modifiedAt: string;
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

/** Whether the list has the tag (`undefined`: there is no file). */
export function hasEtag(list: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  const tags: string[] = list.match(/"[^"]*"/g) ?? [];
  return list.trim() === '*' || tags.includes(etag);
}

export const areAny = ({ ifMatch, ifNoneMatch }: Conditions): boolean =>
  ifMatch !== undefined || ifNoneMatch !== undefined;

/** Throws a `PreconditionFailedError` if a file in this state (`undefined`: none) may not be changed. */
export function checkConditions({ ifMatch, ifNoneMatch }: Conditions, found: BigIntStats | undefined): void {
  const etag = found && infoOf(found).etag;
  const isRefused =
    (ifMatch !== undefined && !hasEtag(ifMatch, etag)) || (ifNoneMatch !== undefined && hasEtag(ifNoneMatch, etag));
  if (isRefused) throw new PreconditionFailedError(etag);
}

import type { FileHandle } from 'node:fs/promises';
import { FileTooLargeError, PreconditionFailedError, RangeNotSatisfiableError } from '../file-errors.ts';
import {
  hasEtag,
  infoOf,
  mayGiveRanges,
  statOf,
  type Conditions,
  type FileInfo,
  type FileStat,
  type ReadConditions,
} from './entity-tag.ts';

/** What one request or answer carries, in bytes: in base64 it just fits through Lambda. */
export const MAX_TRANSFER_BYTES = 4 * 1024 * 1024;

/** From `first` on (negative: that many before the end), up to and with `last`. */
export interface ByteRange {
  first: number;
  last?: number | undefined;
}

/** Bytes from `first` on, all of them unless `isPart`; there are none if the caller has this state of the file already. */
export type FileContent = FileInfo & ({ first: number; bytes: Buffer; isPart: boolean } | { unmodified: true });

/** Reads an open file under the caller's conditions: of a long range its beginning, without a range all or nothing. */
export async function readContent(
  file: FileHandle,
  ranges: readonly ByteRange[] | undefined,
  conditions: ReadConditions,
): Promise<FileContent> {
  const info = infoOf(await file.stat({ bigint: true }));
  if (isKnown(info, conditions)) return { ...info, unmodified: true };
  const { first, length, isPart } = spanOf(info.size, mayGiveRanges(conditions, info) ? ranges : undefined);
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, first + done);
    // The file was shortened in the meantime.
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return { ...info, first, bytes: bytes.subarray(0, done), isPart };
}

/** Says of an open file what a read would, but for its bytes. */
export async function readStat(file: FileHandle, conditions: Conditions): Promise<FileStat & { unmodified?: true }> {
  const stat = statOf(await file.stat({ bigint: true }));
  return isKnown(stat, conditions) ? { ...stat, unmodified: true } : stat;
}

/** Whether the caller has this state of the file. Throws if it is not one that the caller wants. */
function isKnown({ etag }: FileInfo, { ifMatch, ifNoneMatch }: Conditions): boolean {
  if (ifMatch !== undefined && !hasEtag(ifMatch, etag, 'strong')) throw new PreconditionFailedError(etag);
  return ifNoneMatch !== undefined && hasEtag(ifNoneMatch, etag, 'weak');
}

interface Span {
  first: number;
  length: number;
  isPart: boolean;
}

/** Which bytes the answer has. Of several ranges: all of the file where it fits, else one range that has all of them. */
function spanOf(size: number, ranges: readonly ByteRange[] | undefined): Span {
  if (!ranges || (ranges.length > 1 && size <= MAX_TRANSFER_BYTES)) {
    if (size > MAX_TRANSFER_BYTES) throw new FileTooLargeError(size, MAX_TRANSFER_BYTES);
    return { first: 0, length: size, isPart: false };
  }
  const inFile = ranges.map((range) => boundsOf(size, range)).filter(({ first, end }) => first < end);
  if (inFile.length === 0) throw new RangeNotSatisfiableError('is not in the file', { size });
  const first = Math.min(...inFile.map((range) => range.first));
  const end = Math.max(...inFile.map((range) => range.end));
  return { first, length: Math.min(end - first, MAX_TRANSFER_BYTES), isPart: true };
}

/** Up to, and without, `end`. */
const boundsOf = (size: number, { first, last = Infinity }: ByteRange) => ({
  first: first < 0 ? Math.max(0, size + first) : first,
  end: Math.min(size, last + 1),
});

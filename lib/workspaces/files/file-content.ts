import type { FileHandle } from 'node:fs/promises';
import { FileTooLargeError, PreconditionFailedError, RangeNotSatisfiableError } from '../file-errors.ts';
import { hasEtag, infoOf, type Conditions, type FileInfo } from './entity-tag.ts';

/** What one request or answer carries, in bytes: in base64 it just fits through Lambda. */
export const MAX_TRANSFER_BYTES = 4 * 1024 * 1024;

/** From `first` on (negative: that many before the end), up to and with `last`. */
export interface ByteRange {
  first: number;
  last?: number | undefined;
}

/** Bytes from `first` on; there are none if the caller has this state of the file already. */
export type FileContent = FileInfo & ({ first: number; bytes: Buffer } | { unmodified: true });

/** Reads an open file under the caller's conditions: of a long range its beginning, without a range all or nothing. */
export async function readContent(
  file: FileHandle,
  range: ByteRange | undefined,
  { ifMatch, ifNoneMatch }: Conditions,
): Promise<FileContent> {
  const info = infoOf(await file.stat({ bigint: true }));
  if (ifMatch !== undefined && !hasEtag(ifMatch, info.etag)) throw new PreconditionFailedError(info.etag);
  if (ifNoneMatch !== undefined && hasEtag(ifNoneMatch, info.etag)) return { ...info, unmodified: true };
  const { first, length } = spanOf(info.size, range);
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, first + done);
    // The file was shortened in the meantime.
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return { ...info, first, bytes: bytes.subarray(0, done) };
}

/** The bytes that are requested and fit into one answer. */
function spanOf(size: number, range: ByteRange | undefined): { first: number; length: number } {
  if (!range) {
    if (size > MAX_TRANSFER_BYTES) throw new FileTooLargeError(size, MAX_TRANSFER_BYTES);
    return { first: 0, length: size };
  }
  const first = range.first < 0 ? Math.max(0, size + range.first) : range.first;
  const end = Math.min(size, (range.last ?? Infinity) + 1);
  if (first >= end) throw new RangeNotSatisfiableError('is not in the file', { size });
  return { first, length: Math.min(end - first, MAX_TRANSFER_BYTES) };
}

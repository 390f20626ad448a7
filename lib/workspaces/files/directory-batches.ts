import type { Dirent, OpenDirOptions } from 'node:fs';
import { opendir } from 'node:fs/promises';

/** Entries that are looked at together. */
const BATCH = 1_000;
const OPTIONS = { encoding: 'buffer', bufferSize: BATCH } as unknown as OpenDirOptions;

/**
 * The entries of a directory in the order in which the file system has them, which may be more than fit into memory.
 * Names are bytes: not every one is UTF-8.
 */
export async function* batchesOf(directory: string | Buffer): AsyncGenerator<Dirent<Buffer>[]> {
  let batch: Dirent<Buffer>[] = [];
  for await (const entry of await opendir(directory, OPTIONS)) {
    batch.push(entry as unknown as Dirent<Buffer>);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

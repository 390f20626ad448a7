import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A run outside jest has a directory for what it synthesizes too, which is gone afterwards. */
export async function withRunDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'stack-run-'));
  process.env.DIRECTORY_OF_TEST_RUN = directory;
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

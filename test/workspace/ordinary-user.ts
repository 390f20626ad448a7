import { chown } from 'node:fs/promises';

/** `nobody`: some id that is not root's. */
const NOBODY = 65_534;

/** Root may do everything: for tests of permissions, `work` runs as an ordinary user who owns `directory`. */
export async function asOrdinaryUser<T>(directory: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  await chown(directory, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

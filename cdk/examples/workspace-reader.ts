import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Where the session's workspace is mounted. There is nothing above it: the mount begins there. */
const WORKSPACE = process.env.WORKSPACE ?? '';

/** The names of all files in the session's workspace, or the text of one. */
export async function handler({ file }: { file?: string }) {
  if (file === undefined) return { files: await readdir(WORKSPACE, { recursive: true }) };
  return { text: await readFile(path.join(WORKSPACE, file), 'utf8') };
}

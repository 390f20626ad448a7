import type { BigIntStats } from 'node:fs';

export const PERMISSIONS = 0o777n;
const NEW_FILE = 0o600;
/** What the API has written, it must be able to read. */
const OWNER_MAY_READ = 0o400;

/** The mode of a file that is written: as the caller sets it, else that of the file that it replaces, if there is one. */
export function modeToWrite(asked: string | undefined, found: BigIntStats | undefined): number {
  if (asked !== undefined) return parseInt(asked, 8);
  return found ? Number(found.mode & PERMISSIONS) | OWNER_MAY_READ : NEW_FILE;
}

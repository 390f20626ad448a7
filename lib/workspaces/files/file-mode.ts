import type { BigIntStats } from 'node:fs';
import * as z from 'zod/mini';
import { lazily } from '../../schemas.ts';

export const PERMISSIONS = 0o777n;
const NEW_FILE = 0o600;
/** What the API has written, it must be able to read. */
const OWNER_MAY_READ = 0o400;

/** Permissions as `chmod` takes them: three octal digits, of which the first lets the owner read. Nothing sets an id. */
export const fileMode = lazily(() =>
  z
    .string()
    .check(z.regex(/^0?[4-7][0-7]{2}$/, 'must be three octal digits that let the owner read, such as 644 or 755')),
);

/** The mode of a file that is written: the one that is asked for, else that of the file that it replaces, if there is one. */
export function modeToWrite(asked: string | undefined, found: BigIntStats | undefined): number {
  if (asked !== undefined) return parseInt(asked, 8);
  return found ? Number(found.mode & PERMISSIONS) | OWNER_MAY_READ : NEW_FILE;
}

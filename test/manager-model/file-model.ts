import { Refused } from './answer.ts';
import type { ModelSession } from './model-session.ts';

/** What the files of a session's workspace answer. */
export function filesOf({ files }: ModelSession) {
  const existing = (path: string): string => {
    checkPath(path);
    const text = files[path];
    if (text === undefined) throw new Refused('FILE_NOT_FOUND');
    return text;
  };
  return {
    read: existing,
    write(path: string, text: string): { existed: boolean } {
      checkPath(path);
      const existed = files[path] !== undefined;
      files[path] = text;
      return { existed };
    },
    /** `moves`: what it is a copy of is gone. */
    transfer(from: string, to: string, overwrite: boolean, moves: boolean): void {
      checkPath(from);
      checkPath(to);
      if (from === to) throw new Refused('VALIDATION');
      const text = existing(from);
      if (files[to] !== undefined && !overwrite) throw new Refused('FILE_EXISTS');
      files[to] = text;
      if (moves) delete files[from];
    },
    delete(path: string): void {
      existing(path);
      delete files[path];
    },
  };
}

function checkPath(path: string): void {
  if (path.startsWith('..')) throw new Refused('PATH_OUTSIDE_WORKSPACE');
}

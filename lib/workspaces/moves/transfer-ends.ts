import { ValidationError } from '../../errors.ts';
import { withFileLock, type StillHeld } from '../files/file-lock.ts';
import { directoryNames, endsLikeDirectory } from '../files/file-path.ts';
import type { StagingDirectory } from '../files/staging-directory.ts';
import { intoItself } from './place-entry.ts';

/** One end of a transfer, as the caller named it. */
export interface End {
  parents: string[];
  name: string;
  /** The path ends in a slash. */
  mustBeDirectory: boolean;
}

interface Ends {
  from: End;
  to: End;
}

/** The two ends of a transfer, of which neither is the workspace, and the second is not in the first. */
export function endsOf(from: string, to: string): Ends {
  const [one, other] = [endOf(from, 'from'), endOf(to, 'to')];
  const [source, target] = [namesOf(one), namesOf(other)];
  if (source.every((name, level) => name === target[level])) throw intoItself();
  return { from: one, to: other };
}

function endOf(path: string, field: string): End {
  const parents = directoryNames(path, field);
  const name = parents.pop();
  if (name === undefined) throw ValidationError.at(field, 'must not be that of the workspace itself');
  return { parents, name, mustBeDirectory: endsLikeDirectory(path) };
}

const namesOf = ({ parents, name }: End): string[] => [...parents, name];

/** One after the other, in an order that is the same for everybody. */
export async function withLocks<T>(
  staging: StagingDirectory,
  ends: readonly End[],
  work: (stillHeld: StillHeld) => Promise<T>,
): Promise<T> {
  // A lock has the name that writes use. Names that are not UTF-8 may share one.
  const names = new Set(ends.map((end) => namesOf(end).join('/').toWellFormed()));
  const [first = '', second] = [...names].sort();
  return withFileLock(staging, first, async (held) => {
    if (second === undefined) return work(held);
    return withFileLock(staging, second, async (alsoHeld) => {
      return work(async () => {
        await held();
        await alsoHeld();
      });
    });
  });
}

import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The files of a bundle that are loaded when its function starts: the entry, and what is imported by statements. */
export function loadedAtStart(directory: string, file = 'index.mjs', found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(path.join(directory, file), 'utf8');
  for (const [, other] of text.matchAll(/(?:from|import)"\.\/(\w+\.mjs)"/g)) {
    loadedAtStart(directory, other, found);
  }
  return found;
}

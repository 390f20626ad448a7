import { isSession, type Entry, type StoredItem } from './stored-state.ts';

const PRIVATE = 0o700;
/** What may be at the root beside the directories of users. */
const OURS = ['.pending', '.trash', '.uploads'];
/** And the file that says which root it is. */
const MARKER = '.root';

/** I3: each session has its directory, each directory a session, and nothing is left aside. */
export function problemsOfDirectories(items: StoredItem[], entries: Entry[]): string[] {
  const sessions = items.filter(isSession);
  const places = new Set(sessions.map(({ workspace }) => String(workspace)));
  const ids = new Set(sessions.map(({ id }) => id));
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));

  const missing = sessions.flatMap(({ id, workspace }) => {
    const entry = byPath.get(workspace);
    if (entry?.type !== 'directory') return [`I3: session ${id} has no directory`];
    return entry.mode === PRIVATE ? [] : [`I3: the directory of session ${id} has mode ${entry.mode.toString(8)}`];
  });
  const strange = entries.flatMap(({ path, type }) => {
    const [top = '', name, ...deeper] = path.split('/');
    if (path === MARKER && type === 'file') return [];
    if (name === undefined) return type === 'directory' ? [] : [`I3: ${path} is no directory of a user`];
    if (deeper.length > 0) return [];
    if (top === '.uploads') return ids.has(name) ? [] : [`I3: ${path} is of no session`];
    if (OURS.includes(top)) return [`I3: ${path} is left`];
    return places.has(path) ? [] : [`I3: ${path} is the directory of no session`];
  });
  return [...missing, ...strange];
}

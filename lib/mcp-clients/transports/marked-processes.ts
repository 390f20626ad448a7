import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable by which all that a command starts is known, also in a session (`setsid`) of its own. */
export const CHILD_VARIABLE = 'AGENT_SESSION_MANAGER_CHILD';
/** For all passes together (ms), and between two. */
const KILL_MS = 2_000;
const PAUSE_MS = 10;
/** Passes of a process that exits, which cannot wait. */
const LAST_PASSES = 20;

/** A command that runs: the leader of a process group, and the marker that it and its children have in their environment. */
export interface MarkedProcess {
  leader: number;
  marker: string;
}

/** The environment variable that makes `marker` known. */
export const markerVariable = (marker: string): Record<string, string> => ({ [CHILD_VARIABLE]: marker });

/**
 * Kills the process group, and what has the marker, until nothing is left: a process may have forked while others were
 * killed, and one that is killed loses its environment before it is gone. Where there is no `/proc`, and for a process that has left the group without its environment, the group is all.
 */
export async function killMarked({ leader, marker }: MarkedProcess): Promise<void> {
  const stopAt = performance.now() + KILL_MS;
  const killed = new Set(withMarker([marker]));
  killGroup(leader);
  do {
    const found = killThose([marker]);
    for (const id of found) killed.add(id);
    for (const id of killed) if (hasEnded(id)) killed.delete(id);
    if (found.length === 0 && killed.size === 0) return;
    await sleep(PAUSE_MS);
  } while (performance.now() < stopAt);
}

/** The same for several, by a process that exits: without waiting, as often as it takes and no more than that. */
export function killMarkedNow(processes: readonly MarkedProcess[]): void {
  for (const { leader } of processes) killGroup(leader);
  const markers = processes.map(({ marker }) => marker);
  for (let pass = 0; pass < LAST_PASSES && killThose(markers).length > 0; pass++) continue;
}

/** Those that there were. */
function killThose(markers: readonly string[]): number[] {
  const found = withMarker(markers);
  for (const id of found) kill(id);
  return found;
}

const withMarker = (markers: readonly string[]): number[] =>
  processIds().filter((id) => markers.some((marker) => hasMarker(id, marker)));

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Of processes of other users, and of those that have ended, nothing can be read. */
function hasMarker(id: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${id}/environ`).includes(`${CHILD_VARIABLE}=${marker}`);
  } catch {
    return false;
  }
}

/** Also where its parent has not yet taken note of it. */
function hasEnded(id: number): boolean {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    return ['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(') ') + 2));
  } catch {
    return true;
  }
}

const killGroup = (leader: number) => kill(-leader);

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

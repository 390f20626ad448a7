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
 * killed. Where there is no `/proc`, and for a process that has left the group without its environment, the group is all.
 */
export async function killMarked({ leader, marker }: MarkedProcess): Promise<void> {
  const stopAt = performance.now() + KILL_MS;
  killGroup(leader);
  while (killThose([marker]) > 0 && performance.now() < stopAt) await sleep(PAUSE_MS);
}

/** The same for several, by a process that exits: without waiting, as often as it takes and no more than that. */
export function killMarkedNow(processes: readonly MarkedProcess[]): void {
  for (const { leader } of processes) killGroup(leader);
  const markers = processes.map(({ marker }) => marker);
  for (let pass = 0; pass < LAST_PASSES && killThose(markers) > 0; pass++) continue;
}

/** How many there were. */
function killThose(markers: readonly string[]): number {
  const found = processIds().filter((id) => markers.some((marker) => hasMarker(id, marker)));
  for (const id of found) kill(id);
  return found.length;
}

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

const killGroup = (leader: number) => kill(-leader);

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

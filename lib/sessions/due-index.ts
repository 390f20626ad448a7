export const DUE_SHARDS: readonly string[] = Array.from({ length: 8 }, (_, shard) => `DUE#${shard}`);

/** The last hexadecimal digit of a UUIDv7 is random. */
export function dueShardOf(sessionId: string): string {
  return DUE_SHARDS[parseInt(sessionId.slice(-1), 16) % DUE_SHARDS.length] as string;
}

/** Sorts before every time: what is ending is read first. */
export const DUE_NOW = '0';

const DUE_STEPS = 32;
const DIGITS = 15;

/**
 * The sort key of the `due` index: the time (ms) at which the session becomes due, rounded *up* to a 32nd of its idle
 * time, and that idle time (ms). Up, so that whatever a sweep reads there is due; rounded, so that a busy session moves
 * in the index 32 times per idle time and not with every touch.
 */
export function dueKey(lastActiveMs: number, idleMs: number): string {
  const step = Math.ceil(idleMs / DUE_STEPS);
  const due = Math.ceil((lastActiveMs + idleMs) / step) * step;
  return `${dueUntil(due)}#${idleMs}`;
}

/** The greatest prefix a key that is due at `nowMs` can have. */
export const dueUntil = (nowMs: number): string => String(nowMs).padStart(DIGITS, '0');

/** Read from the key alone: the earliest time (ms) at which the session can have been active last; 0 when it is ending. */
export function earliestActivity(due: string): number {
  if (due === DUE_NOW) return 0;
  const [until, idle] = due.split('#').map(Number) as [number, number];
  return until - Math.ceil(idle / DUE_STEPS) - idle;
}

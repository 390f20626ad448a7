import { setTimeout as sleep } from 'node:timers/promises';
import { ValidationError } from '../../errors.ts';
import { ownFieldsOf } from '../../own-fields.ts';

/** What a timer takes. */
const LONGEST_MS = 2_147_483_647;

/** How far one call may go: until its signal aborts, or its time is up. */
export interface CallLimits {
  readonly signal: AbortSignal | undefined;
  /** What is left of the call's time; `Infinity` if it has no limit. */
  leftMs(): number;
}

/** The limits of a call that begins now; `ofClient` ends each call of a client. Throws a `ValidationError` for wrong options. */
export function limitsOf(options: unknown, ofClient?: AbortSignal): CallLimits {
  if (options === undefined) return { signal: ofClient, leftMs: () => Infinity };
  const { signal, timeoutMs, ...others } = ownFieldsOf(options, 'options');
  for (const name of Object.keys(others)) throw ValidationError.at(`options.${name}`, 'is not a known field');
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw ValidationError.at('options.signal', 'must be an AbortSignal');
  }
  const stopAt = performance.now() + timeOf(timeoutMs);
  return { signal: anyOf(ofClient, signal), leftMs: () => Math.max(0, Math.ceil(stopAt - performance.now())) };
}

function timeOf(timeoutMs: unknown): number {
  if (timeoutMs === undefined) return Infinity;
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= LONGEST_MS)) {
    throw ValidationError.at('options.timeoutMs', `must be a number of milliseconds, at most ${LONGEST_MS}`);
  }
  return timeoutMs;
}

/** A signal that aborts when one of them does. */
export const anyOf = (...signals: (AbortSignal | undefined)[]): AbortSignal | undefined => {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
};

/** Waits so long (ms). Throws the reason of the signal as soon as that aborts. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

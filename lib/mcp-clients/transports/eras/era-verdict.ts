import type { Failed } from '../answers/session-verdict.ts';
import { MODERN_VERSIONS } from './envelope.ts';
import { LEGACY_VERSIONS } from './initialize.ts';

/**
 * What a server says of its era that does not answer `server/discover`:
 *
 * - `legacy`: it does not know the request, or not in this version. A session can be initialized.
 * - `unclear`: nothing, or that no session can be initialized either.
 */
export type EraVerdict = 'legacy' | 'unclear';

/** As 2026-07-28 has it. */
export const UNSUPPORTED_VERSION = -32022;
/** Whatever is in front of a server may answer so, and the server to any request: it has not looked at this one. */
const OF_NO_ERA: ReadonlySet<number | undefined> = new Set([401, 402, 403, 407, 408, 425, 429]);

/** The first rule that fits. */
const RULES: readonly [EraVerdict, (failed: Failed) => boolean][] = [
  ['unclear', ({ status }) => status === undefined || status >= 500 || OF_NO_ERA.has(status)],
  ['unclear', ({ status = 0 }) => status >= 300 && status < 400],
  ['unclear', ({ code, supported = [] }) => code === UNSUPPORTED_VERSION && !leavesInitialization(supported)],
  ['legacy', () => true],
];

export function eraVerdictOf(failed: Failed): EraVerdict {
  return RULES.find(([, fits]) => fits(failed))?.[0] ?? 'unclear';
}

/** Of the versions that a server names: a session can be initialized with one of them, or they say nothing. */
export const leavesInitialization = (versions: readonly string[]): boolean =>
  versions.length === 0 || (knowsOne(LEGACY_VERSIONS, versions) && !knowsOne(MODERN_VERSIONS, versions));

const knowsOne = (known: readonly string[], versions: readonly string[]): boolean =>
  known.some((version) => versions.includes(version));

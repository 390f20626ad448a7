import type { Era } from '../eras/introduction.ts';

/**
 * What a failed request says about the session on the server:
 *
 * - `lost`: the server does not know the session, and so it has not executed the request.
 * - `doubtful`: the server has refused the request, perhaps because it does not know the session. Asking shows.
 * - `suspect`: whether the session is still there is unknown, and whether the request was executed too.
 * - `sound`: the server knows the session.
 */
export type SessionVerdict = 'lost' | 'doubtful' | 'suspect' | 'sound';

/** How a request failed. */
export interface Failed {
  /** Of the answer; nothing where none came. */
  status: number | undefined;
  /** Of the JSON-RPC error in the answer. */
  code: number | undefined;
  /** The message of that error, or the body. */
  text: string;
  /** The versions of the protocol that the error names. */
  supported?: readonly string[];
}

/** The protocol says 404, and 410 says the same for good. */
const GONE: ReadonlySet<number | undefined> = new Set([404, 410]);
/** Servers use these for a session that they do not know, and for much else. */
const CODES: ReadonlySet<number | undefined> = new Set([-32600, -32000, -32001, -32002]);
const METHOD_NOT_FOUND = -32601;
/** Servers of the era before answer so to requests that come before an initialization. */
const UNKNOWN: ReadonlySet<number | undefined> = new Set([METHOD_NOT_FOUND, -32602]);
/** A version of the protocol that the server does not speak: it has not looked at the request. */
const UNSUPPORTED_VERSION = -32022;
/** Only a server that speaks 2026-07-28 misses a header, or a capability of the client. */
const OF_THE_REQUEST: ReadonlySet<number | undefined> = new Set([-32020, -32021]);

/** The first rule that fits. */
const RULES: readonly [SessionVerdict, (failed: Failed) => boolean][] = [
  ['lost', ({ status }) => GONE.has(status)],
  // It speaks 2026-07-28 now, and has looked at nothing of a request that is not of it.
  ['lost', ({ code }) => code === UNSUPPORTED_VERSION],
  ['lost', ({ status, code }) => status === 400 && OF_THE_REQUEST.has(code)],
  ['lost', ({ status, text }) => status === 400 && saysLost(text)],
  ['doubtful', ({ status }) => status === 400],
  ['doubtful', ({ code, text }) => code !== undefined && saysLost(text)],
  ['doubtful', ({ status, code }) => status === 200 && CODES.has(code)],
  ['sound', ({ status }) => status === 200],
  ['suspect', () => true],
];

/** 2026-07-28 has no sessions: there the rules say whether the server still speaks it. */
const MODERN_RULES: readonly [SessionVerdict, (failed: Failed) => boolean][] = [
  ['lost', ({ code }) => code === UNSUPPORTED_VERSION],
  ['sound', ({ code }) => OF_THE_REQUEST.has(code)],
  ['doubtful', ({ status = 0 }) => status === 400 || status === 404 || status === 405 || status === 410],
  ['doubtful', ({ code, text }) => code !== undefined && saysLost(text)],
  ['doubtful', ({ status, code }) => status === 200 && (CODES.has(code) || UNKNOWN.has(code))],
  ['sound', ({ status }) => status === 200],
  ['suspect', () => true],
];

/** What a failed request says about what is stored of the server, by its era. */
export function verdictOf(failed: Failed, era: Era = 'legacy'): SessionVerdict {
  const rules = era === 'modern' ? MODERN_RULES : RULES;
  return rules.find(([, fits]) => fits(failed))?.[0] ?? 'suspect';
}

/** What the refusal of a harmless request says: only a server without sessions to look up can refuse all of them. */
export function verdictOfProbe(failed: Failed): SessionVerdict {
  if (failed.status === 200 && failed.code === METHOD_NOT_FOUND) return 'sound';
  const verdict = verdictOf(failed);
  return verdict === 'doubtful' && failed.code !== undefined && saysLost(failed.text) ? 'lost' : verdict;
}

const LOST =
  'not found|not valid|invalid|unknown|unrecogni[sz]ed|expired|terminated|closed|ended|missing|required|does not exist|' +
  "doesn't exist|no longer|not exist|timed out|gone|not (?:yet |been )?initiali[sz]ed";
const SAYINGS = [
  new RegExp(`\\bsession(?:[ _-]?id)?\\b.{0,80}?\\b(?:${LOST})`, 'is'),
  /\b(?:no|no valid|not a valid|invalid|unknown|unrecogni[sz]ed|expired|missing|stale|bad|could not find|cannot find)\b.{0,24}?\bsession/is,
  /\b(?:server|client|connection)\b.{0,16}?\bnot (?:yet |been )?initiali[sz]ed/is,
  /\bbefore initiali[sz]ation/i,
];
/** Who says more than this has something else to say. */
const MAX_CHARS = 1_000;

/** Whether a text says that the session is unknown, has ended or was never initialized. */
function saysLost(text: string): boolean {
  return text.length <= MAX_CHARS && SAYINGS.some((saying) => saying.test(text));
}

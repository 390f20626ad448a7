import type { ModeName, Outcome, Transport } from './wild-run.ts';

export interface Row {
  mode: ModeName | StdioEnding;
  on: readonly Transport[];
  /** Short where the server does not answer. */
  timeoutMs: number;
  expected: Partial<Outcome>;
}

type StdioEnding =
  | 'an exit at server/discover'
  | 'an exit after an answer without its newline'
  | 'an output that is closed in a call'
  | 'exit code 3'
  | 'exit code 3 in a call'
  | 'a signal in a call'
  | 'a line without an end';

/** Where nothing is said: as with a server that does nothing wrong. */
export const USUAL: Outcome = {
  add: 'ok',
  list: 'tools echo',
  call: 'ok',
  again: 'ok',
  later: 'ok',
  remove: 'ok',
  initialize: 1,
  calls: 3,
  executed: 1,
  left: 0,
};

const IN_TIME_MS = 15_000;
export const SILENT_MS = 3_000;

export const row = (
  mode: Row['mode'],
  expected: Partial<Outcome> = {},
  on: readonly Transport[] = ['http'],
  timeoutMs = IN_TIME_MS,
): Row => ({ mode, on, timeoutMs, expected });

export const ALL = ['http', 'sse', 'stdio'] as const;
export const NETWORK = ['http', 'sse'] as const;
/** No step after it. */
export const noAdd = (add: string): Partial<Outcome> => ({
  add,
  ...{ list: '', call: '', again: '', later: '', remove: '', calls: 0, executed: 0 },
});
export const noCall = (call: string, more: Partial<Outcome> = {}): Partial<Outcome> => ({
  ...{ call, again: call, later: call },
  ...more,
});
export const status = (serverStatus: number, words = '') =>
  `answered with HTTP status ${serverStatus}${words} {"serverStatus":${serverStatus}}`;
/** The call is sent on a new session, since it was not executed. */
export const SENT_AGAIN = { initialize: 2, calls: 4 };
/** The call fails; the next one finds that the session is gone. */
export const nextRenews = (again: string) => ({ again, initialize: 2 });
export const NO_ANSWER = 'ended its stream without an answer {"serverStatus":200}';
export const NO_VERSION = 'answered the initialization without a version of the protocol';
export const TOO_DEEP = 'answered with JSON that is nested too deeply';
export const VERSIONS = '"serverMessage":"Unsupported protocol version","supported":["2026-07-28"]';

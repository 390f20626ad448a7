import { ERRORS, type ErrorCode } from '../error-catalogue.ts';

/** What a program that runs this one can distinguish without reading texts. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  tryLater: 4,
  notAllowed: 5,
  noAnswer: 6,
  interrupted: 130,
  terminated: 143,
} as const;

export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'refused or failed, in any way that is not below',
  [EXIT.usage]: 'the command line, or a value in it, is wrong',
  [EXIT.notFound]: 'no such session, MCP client or file, or not yours',
  [EXIT.tryLater]: 'a limit is reached or the service is busy: the same may succeed later',
  [EXIT.notAllowed]: 'nobody is named as the caller, or may not do this',
  [EXIT.noAnswer]: 'the server cannot be reached, or did not answer in time',
  [EXIT.interrupted]: 'interrupted (Ctrl-C)',
  [EXIT.terminated]: 'terminated (SIGTERM)',
};

export function exitCodeOf(code: ErrorCode): number {
  const row = ERRORS[code];
  return EXIT['exit' in row ? row.exit : 'failed'];
}

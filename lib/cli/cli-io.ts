import type { Readable, Writable } from 'node:stream';

/** What a run of the command line has around it: nothing else is read or written, but files that a command names. */
export interface CliIo {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable;
  /** Where it is a terminal, texts of others are shown with nothing in them that it obeys. */
  stdout: Writable & { isTTY?: boolean };
  /** Progress is shown where this is a terminal. */
  stderr: Writable & { isTTY?: boolean };
  /** Ends the run; its reason is an `Interruption`. */
  signal: AbortSignal;
}

/** A signal of the operating system asks the run to end. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`Ended by ${signal}.`);
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
  }
}

/** What the command line itself cannot make sense of. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

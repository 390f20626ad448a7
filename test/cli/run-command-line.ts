import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../lib/cli/run-cli.ts';

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Surroundings {
  env?: Record<string, string>;
  stdin?: string | Buffer;
  /** Whether stderr is a terminal. */
  isTTY?: boolean;
  stdoutIsTTY?: boolean;
  signal?: AbortSignal;
}

/** One run of the command line in this process. */
export async function commandLine(args: string[], given: Surroundings = {}): Promise<CliResult> {
  const { env = {}, stdin = '', isTTY = false, stdoutIsTTY = false, signal = new AbortController().signal } = given;
  const input = new PassThrough();
  input.end(stdin);
  const stdout = Object.assign(new PassThrough(), { isTTY: stdoutIsTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const told = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(args, { env, stdin: input, stdout, stderr, signal });
  stdout.end();
  stderr.end();
  const [out, err] = await told;
  return { code, stdout: out, stderr: err };
}

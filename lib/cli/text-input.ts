import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { UsageError, type CliIo } from './cli-io.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** Text from outside without the byte order mark that some editors and shells write before it. */
export const withoutMark = (text: string): string =>
  text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;

/** What waits for stdin ends with the run. */
export type Input = Pick<CliIo, 'stdin' | 'signal'>;

/** The text in a file, or in stdin where `-` is named. `what` names it in an error, which never repeats what it has. */
export async function textIn(source: string, what: string, { stdin, signal }: Input): Promise<string> {
  return source === '-' ? decoded(await buffer(addAbortSignal(signal, stdin)), what) : textOfFile(source, what);
}

export const textOfFile = async (file: string, what: string): Promise<string> => decoded(await readFile(file), what);

/** PowerShell writes UTF-16 by default, with a byte order mark. */
function decoded(bytes: Buffer, what: string): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${what} is not text in UTF-8 or UTF-16.`);
  }
}

import { withoutMark } from './text-input.ts';

/** No argument of a program can have it. */
const MARK = '\0';
/** The argument by which a shell requests completions: what follows it is not a command line yet. */
const COMPLETION = '--get-yargs-completions';

/**
 * yargs loses a `-` among the arguments, and drops arguments after `--` that begin with one. So both are marked as what
 * they are until it has read them.
 */
export function marked(args: string[]): string[] {
  if (args[0] === COMPLETION) return args;
  const end = args.indexOf('--');
  const before = end === -1 ? args : args.slice(0, end);
  const after = end === -1 ? [] : args.slice(end + 1);
  return [...before.map((arg) => (arg === '-' ? MARK + arg : arg)), ...after.map((arg) => MARK + arg)];
}

/** The arguments without byte order marks, of values after `=` too. What follows `--` stays as it is. */
export function plainArguments(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  const at = end === -1 ? args.length : end;
  const plain = (arg: string) => withoutMark(arg).replace(/^(--[\w-]+=)\uFEFF/, '$1');
  return [...args.slice(0, at).map(plain), ...args.slice(at)];
}

/** Takes the marks out of all that yargs has read. */
export function unmark(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) options[name] = unmarked(value);
}

/** The same of a text of yargs itself. */
export const unmarkedText = (text: string): string => text.replaceAll(MARK, '');

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  return typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : value;
}

import { UsageError } from './cli-io.ts';

/** What yargs knows about the options of the command that runs. Its types do not have it. */
export interface KnownOptions {
  array: string[];
  boolean: string[];
  string: string[];
  number: string[];
  alias: Readonly<Record<string, string[]>>;
  /** Arguments that have a place, and no name on the command line. */
  positional: string[];
}

interface Given {
  /** As it was written, with its dashes. */
  written: string;
  /** As it was declared: in lower case, with dashes between words. */
  name: string;
  /** Whether it begins with `--no-`. */
  isNegated: boolean;
  /** After `=`. */
  attached: string | undefined;
  /** After `=`, else the next argument, unless that is an option. */
  value: string | undefined;
}

/** The options in a command line. What follows `--` is none. */
function givenIn(args: readonly string[]): Given[] {
  const end = args.indexOf('--');
  const before = end === -1 ? args : args.slice(0, end);
  return before.flatMap((arg, at) => {
    const [, dashes = '', written = '', attached] = /^(--?)([A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (written === '') return [];
    const next = before[at + 1];
    const value = attached ?? (next !== undefined && isValue(next) ? next : undefined);
    const names = dashes === '-' ? [...written] : [written];
    return names.map((name) => ({
      written: `${dashes}${name}`,
      name: declared(name).replace(/^no-/, ''),
      isNegated: name.startsWith('no-'),
      attached,
      value,
    }));
  });
}

/** A lone `-` is a value, and so is a negative number. */
const isValue = (arg: string): boolean => !arg.startsWith('-') || /^-(\d|\.\d|$)/.test(arg);

/** `tokenFile` and `token-File` are `token-file` to yargs, too. */
const declared = (name: string): string =>
  name.replaceAll(/-?([A-Z])/g, (_, letter: string) => `-${letter.toLowerCase()}`);

/** Whether the result is to be JSON, before anything else is known: what is wrong with the command line is JSON then, too. */
export const asksForJson = (args: readonly string[]): boolean =>
  givenIn(args).some(({ name, isNegated, value }) => name === 'json' && !isNegated && value !== 'false');

/** Refuses what yargs accepts without a word, or passes on as something that no command expects. */
export function checkGiven(args: readonly string[], known: KnownOptions): void {
  const given = givenIn(args).map((option) => ({ ...option, name: nameOf(option.name, known) }));
  for (const option of given) {
    checkValue(option, known);
    const isRepeated = given.filter(({ name }) => name === option.name).length > 1;
    if (isRepeated && !known.array.includes(option.name)) {
      throw new UsageError(`${option.written} is given more than once.`);
    }
  }
}

function checkValue({ written, name, isNegated, attached, value }: Given, known: KnownOptions): void {
  if (known.positional.map(declared).includes(name)) {
    throw new UsageError(`${written} is not an option: the place of an argument says what it is.`);
  }
  if (known.boolean.includes(name)) {
    if (isNegated || attached === undefined || attached === 'true' || attached === 'false') return;
    throw new UsageError(`${written} is given alone, or with =true or =false.`);
  }
  const isNumber = known.number.includes(name);
  if (!isNumber && !known.string.includes(name)) return;
  const isMissing = value === undefined || (value === '' && known.array.includes(name));
  if (isMissing) throw new UsageError(`${written} needs a value.`);
  if (isNumber && (value.trim() === '' || Number.isNaN(Number(value)))) {
    throw new UsageError(`${written} must be a number.`);
  }
}

const nameOf = (name: string, { alias }: KnownOptions): string =>
  Object.keys(alias).find((of) => of === name || alias[of]?.includes(name)) ?? name;

import { UsageError } from '../cli-io.ts';

/** Of a command that names what it changes. */
export const REMOVE = { type: 'string', array: true, description: 'Remove this name; as often as needed' } as const;

/** `--version` alone shows the version of the program, so commands with this option switch that off. */
export const IF_VERSION = {
  type: 'number',
  alias: 'version',
  description: 'Only if it has this version',
} as const;

/** The metadata that texts like `name=value` make. */
export function pairsIn(texts: readonly string[]): Record<string, string> {
  return onceEach(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`Metadata must be name=value, not "${text}".`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** The change (RFC 7396) that they make, and these names to remove. */
export const changeIn = (texts: readonly string[], removed: readonly string[]): Record<string, string | null> =>
  onceEach<string | null>([...Object.entries(pairsIn(texts)), ...removed.map((name): [string, null] => [name, null])]);

/** What is said twice about a name is refused: one of the two would be lost. */
function onceEach<Value>(pairs: [string, Value][]): Record<string, Value> {
  const names = pairs.map(([name]) => name);
  const repeated = names.find((name, at) => names.indexOf(name) < at);
  if (repeated !== undefined) throw new UsageError(`The metadata "${repeated}" is given more than once.`);
  return Object.fromEntries(pairs);
}

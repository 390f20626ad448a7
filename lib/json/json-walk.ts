import { MAX_NESTING } from './json-text.ts';

/** What is done with a value. `place` gives the names that lead to it; `depth` is how many objects and arrays it is in. */
export type Visit = (value: unknown, place: () => string[], depth: number) => void;

interface Frame {
  holder: Readonly<Record<string, unknown>>;
  names: readonly string[];
  /** How many of them have been visited. */
  visited: number;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Visits a value and all that is in it, each object once. Does not call itself: no nesting ends the stack. Leaves out what
 * the fields `except` of the value itself hold.
 */
export function walkJson(root: unknown, visit: Visit, except = NONE): void {
  const frames: Frame[] = [];
  const seen = new Set<unknown>();
  const place = () => frames.map(({ names, visited }) => names[visited - 1] as string);
  const visitAndEnter = (value: unknown) => {
    visit(value, place, frames.length);
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    frames.push({ holder: value as Frame['holder'], names: Object.keys(value), visited: 0 });
  };
  visitAndEnter(root);
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const name = frame.names[frame.visited++];
    if (name === undefined) frames.pop();
    else if (frames.length > 1 || !except.has(name)) visitAndEnter(frame.holder[name]);
  }
}

/** Of a value at this depth: whether `parseJson` would not have read it. */
export const isTooDeep = (value: unknown, depth: number): boolean =>
  depth >= MAX_NESTING && typeof value === 'object' && value !== null;

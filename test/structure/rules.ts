import { ERROR_CATALOGUE, ROOMS, type WordRule } from './rooms.ts';
import type { Import, SourceFile } from './source-files.ts';

export const isIn = (...places: string[]) => {
  return (path: string) =>
    places.some((place) => (place.endsWith('.ts') ? path === place : path.startsWith(`${place}/`)));
};
/** How far down the order a file is; -1 if it is in no module. */
export const depthOf = (path: string) => ROOMS.findIndex((room) => isIn(room)(path));

/** `importer → imported` for each import that `wrong` says is one. */
export function wrongImports(among: SourceFile[], wrong: (file: SourceFile, imported: Import) => boolean): string[] {
  return among.flatMap((file) =>
    file.imports.filter((imported) => wrong(file, imported)).map(({ from }) => `${file.path} → ${from}`),
  );
}

export const importsUp = (among: SourceFile[]) =>
  wrongImports(among, ({ path }, { from, isPackage }) => !isPackage && depthOf(from) < depthOf(path));

/** `file: word` for each word that is not where its rule wants it. */
export function strayWords(among: SourceFile[], { words: pattern, folders, files, endings }: WordRule): string[] {
  const isPlace = isIn(...folders, ...files);
  return among
    .filter(({ path }) => !isPlace(path) && !endings.some((ending) => path.endsWith(ending)))
    .flatMap(({ path, words }) =>
      [...new Set(words.filter((word) => pattern.test(asWritten(word))))].map((word) => `${path}: ${word}`),
    );
}

/** Names of headers count whatever their case is. */
const asWritten = (word: string) => (word.includes('-') ? word.toLowerCase() : word);

/** What reads the table of errors in a module that reads no column, and `file: column` for each column of another module. */
export function wrongReadersOfErrors(
  among: SourceFile[],
  readers: Readonly<Record<string, string | undefined>>,
): string[] {
  const isTable = ({ from, typeOnly }: Import) => from === ERROR_CATALOGUE && !typeOnly;
  const isReader = isIn(...Object.values(readers).filter((room) => room !== undefined));
  const columnsOfOthers = among
    .filter(({ imports }) => imports.some(isTable))
    .flatMap(({ path, words }) =>
      Object.entries(readers)
        .filter(([column, room]) => words.includes(column) && !(room !== undefined && isIn(room)(path)))
        .map(([column]) => `${path}: ${column}`),
    );
  return [...wrongImports(among, ({ path }, imported) => isTable(imported) && !isReader(path)), ...columnsOfOthers];
}

export function edgesOf(among: SourceFile[], counts: (imported: Import) => boolean): Map<string, string[]> {
  return new Map(
    among.map(({ path, imports }) => [
      path,
      imports.filter((imported) => !imported.isPackage && counts(imported)).map(({ from }) => from),
    ]),
  );
}

/** Every set of files of which each leads to each, as a line of their names. By Tarjan's algorithm. */
export function circlesIn(edges: Map<string, string[]>): string[] {
  const circles: string[] = [];
  const numbers = new Map<string, number>();
  const open: string[] = [];
  /** The least number that a way from this file leads back to. */
  const visit = (file: string): number => {
    const own = numbers.size;
    numbers.set(file, own);
    open.push(file);
    let least = own;
    for (const next of edges.get(file) ?? []) {
      if (!numbers.has(next)) least = Math.min(least, visit(next));
      else if (open.includes(next)) least = Math.min(least, numbers.get(next) ?? own);
    }
    if (least === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1 || edges.get(file)?.includes(file)) circles.push(circle.sort().join(' '));
    }
    return least;
  };
  for (const file of edges.keys()) if (!numbers.has(file)) visit(file);
  return circles;
}

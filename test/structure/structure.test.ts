import { describe, expect, test } from '@jest/globals';
import { CIRCLES, IMPORTS_UP } from './known-exceptions.ts';
import { IN_BUNDLES_ONLY, ROOMS } from './rooms.ts';
import { circlesIn, depthOf, edgesOf, importsUp, isIn, wrongImports } from './rules.ts';
import { parseSource, sourceFiles, type SourceFile } from './source-files.ts';

const all = sourceFiles('lib', 'functions', 'local', 'cdk');
const lib = all.filter(({ path }) => path.startsWith('lib/'));
const files = all.filter(({ path }) => !path.startsWith('cdk/'));

describe('the order of modules', () => {
  test('is read as a whole: every import of the project leads to a file that is there', () => {
    expect(files.length).toBeGreaterThan(40);
    const known = new Set(all.map(({ path }) => path));
    expect(wrongImports(all, (_file, { from, isPackage }) => !isPackage && !known.has(from))).toEqual([]);
  });

  test('has a place for every file', () => {
    expect(all.filter(({ path }) => depthOf(path) < 0).map(({ path }) => path)).toEqual([]);
    expect(ROOMS.filter((room) => !all.some(({ path }) => isIn(room)(path)))).toEqual([]);
  });

  test('goes down: no import runs up but those that are known, and each of these is still there', () => {
    expect([...new Set(importsUp(all))].sort()).toEqual([...IMPORTS_UP].sort());
  });

  test('would be found out if an import ran up', () => {
    const store = parseSource('lib/table/some.ts', "import type { A } from '../api/some.ts';\n");
    expect(importsUp([store])).toEqual(['lib/table/some.ts → lib/api/some.ts']);
    const door = parseSource('lib/api/some.ts', "import type { A } from '../table/some.ts';\n");
    expect(importsUp([door])).toEqual([]);
    const late = parseSource('lib/table/some.ts', 'await import(`../api/some.ts`);\n');
    expect(importsUp([late])).toEqual(['lib/table/some.ts → lib/api/some.ts']);
    const computed = parseSource('lib/table/some.ts', "await import('../api/' + name);\n");
    expect(importsUp([computed])).toEqual(['lib/table/some.ts → ?']);
  });

  test('is not passed by with the name of the package, which leads to the sources', () => {
    expect(importsOfItself(files)).toEqual([]);
    const store = parseSource('lib/table/some.ts', "import { SessionManagerV2 } from 'agent-session-manager';\n");
    expect(importsOfItself([store])).toEqual(['lib/table/some.ts → agent-session-manager']);
  });

  test('enters functions by lib only', () => {
    const entries = files.filter(({ path }) => isIn('functions')(path));
    expect(wrongImports(entries, (_file, { from }) => !isIn('lib')(from))).toEqual([]);
  });

  test('passes by what stands in the bundles of functions only', () => {
    expect(all.filter(({ path }) => isIn(IN_BUNDLES_ONLY)(path)).length).toBeGreaterThan(1);
    expect(wrongImports(all, (_file, { from }) => isIn(IN_BUNDLES_ONLY)(from))).toEqual([]);
  });

  test('has managers put together above everything that uses one', () => {
    const above = isIn('lib/composition', 'lib/index.ts', 'functions', 'local');
    const known = new Set(IMPORTS_UP);
    const importers = wrongImports(all, ({ path }, { from }) => isIn('lib/composition')(from) && !above(path));
    expect(importers.filter((line) => !known.has(line))).toEqual([]);
  });

  test('has the command line before the doors, as a caller like any other', () => {
    expect(wrongImports(all, ({ path }, { from }) => isIn('lib/cli')(from) && !isIn('lib/cli')(path))).toEqual([]);
    const commandLine = lib.filter(({ path }) => isIn('lib/cli')(path));
    const ofErrors = ['lib/errors.ts', 'lib/error-catalogue.ts'];
    const known = isIn('lib/cli', 'lib/api', 'lib/json', ...ofErrors);
    expect(wrongImports(commandLine, (_file, { from, isPackage }) => !isPackage && !known(from))).toEqual([]);
    const loaded = [...runTimeImportsOf('lib/cli/main.ts')];
    expect(loaded.filter(isIn('lib/api')).length).toBeGreaterThan(3);
    const ofFiles = [
      'lib/agent-tokens/token-errors.ts',
      'lib/prompts/prompt-errors.ts',
      'lib/workspaces/file-errors.ts',
      'lib/workspaces/files',
    ];
    const small = isIn('lib/cli', 'lib/api', 'lib/json', 'lib/own-fields.ts', ...ofErrors, ...ofFiles);
    const isRoutes = (path: string) => path.endsWith('-routes.ts');
    expect(loaded.filter(isRoutes).length).toBeGreaterThan(5);
    expect(loaded.filter((path) => !small(path) && !isRoutes(path))).toEqual([]);
  });

  test('has routes as data: they load nothing, and take from their module the names of its operations alone', () => {
    const routes = lib.filter(({ path }) => path.endsWith('-routes.ts'));
    expect(routes.length).toBeGreaterThan(5);
    const operationsOf = (path: string) => path.replace(/-routes\.ts$/, '-operations.ts');
    const wrong = wrongImports(
      routes,
      ({ path }, { from, typeOnly }) =>
        !typeOnly || (from !== 'lib/operations/route.ts' && from !== operationsOf(path)),
    );
    expect(wrong).toEqual([]);
  });

  test('has each operation in files with one prefix: what it does, its route, its description', () => {
    const prefixesOf = (ending: string) =>
      lib.filter(({ path }) => path.endsWith(ending)).map(({ path }) => path.slice(0, -ending.length));
    const prefixes = prefixesOf('-operations.ts').sort();
    expect(prefixes.length).toBeGreaterThan(5);
    expect(prefixesOf('-routes.ts').sort()).toEqual(prefixes);
    // Joins them all.
    const joined = 'lib/api/openapi/operation';
    expect(prefixesOf('-docs.ts').sort()).toEqual([...prefixes, joined].sort());
  });

  test('has descriptions of operations behind the OpenAPI document alone: bundles have none', () => {
    expect(docsImportedIn(all)).toEqual([]);
    const some = parseSource('lib/limits/some.ts', "import { limitDocs } from './limit-docs.ts';\n");
    expect(docsImportedIn([some])).toEqual(['lib/limits/some.ts → lib/limits/limit-docs.ts']);
    const door = parseSource('lib/api/some.ts', "import { named } from '../operations/operation-doc.ts';\n");
    expect(docsImportedIn([door])).toEqual(['lib/api/some.ts → lib/operations/operation-doc.ts']);
  });

  test('ends at identity, errors and the catalogue of errors, which imports nothing', () => {
    const importsOf = (path: string) => lib.find((file) => file.path === path)?.imports.map(({ from }) => from);
    expect(importsOf('lib/error-catalogue.ts')).toEqual([]);
    expect(importsOf('lib/errors.ts')).toEqual(['lib/error-catalogue.ts']);
    expect(importsOf('lib/identity.ts')).toEqual(['lib/errors.ts']);
  });

  test('never goes in a circle, from file to file at run time', () => {
    expect(circlesIn(edgesOf(all, ({ typeOnly }) => !typeOnly))).toEqual([]);
  });

  test('goes in no circle of types either, but those that are known, and each of these is still there', () => {
    expect(circlesIn(edgesOf(all, () => true)).sort()).toEqual([...CIRCLES].sort());
  });

  test('would be found out if it went in a circle', () => {
    const file = (name: string, of: string) => parseSource(`lib/${name}.ts`, `import type { A } from './${of}.ts';\n`);
    const round = [file('a', 'b'), file('b', 'c'), file('c', 'a'), file('d', 'a')];
    expect(circlesIn(edgesOf(round, () => true))).toEqual(['lib/a.ts lib/b.ts lib/c.ts']);
  });
});

const importsOfItself = (among: SourceFile[]): string[] =>
  wrongImports(among, (_file, { from }) => /^agent-session-manager(\/|$)/.test(from));

/** Who loads descriptions of operations and is no description itself, but for what makes the OpenAPI document of them. */
function docsImportedIn(among: SourceFile[]): string[] {
  const makers = isIn('lib/api/openapi/openapi-document.ts', 'lib/api/openapi/json-schemas.ts');
  const isDocs = (path: string) => isIn('lib')(path) && /-docs?\.ts$/.test(path);
  return wrongImports(
    among,
    ({ path }, { from, typeOnly }) => isDocs(from) && !typeOnly && !path.endsWith('-docs.ts') && !makers(path),
  );
}

/** Every file of the project that running one loads, by whatever way. */
function runTimeImportsOf(start: string, seen = new Set<string>()): Set<string> {
  const file = files.find(({ path }) => path === start);
  for (const { from, isPackage, typeOnly } of file?.imports ?? []) {
    if (isPackage || typeOnly || seen.has(from)) continue;
    seen.add(from);
    runTimeImportsOf(from, seen);
  }
  return seen;
}

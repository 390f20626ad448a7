import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { contains, parseSource, sourceFiles, type Import, type SourceFile } from './source-files.ts';

const files = sourceFiles('lib', 'functions', 'local');
const lib = files.filter(({ path }) => path.startsWith('lib/'));
const isIn = (...places: string[]) => {
  return (path: string) =>
    places.some((place) => (place.endsWith('.ts') ? path === place : path.startsWith(`${place}/`)));
};
/** `lib/store` of `lib/store/transient.ts`; a file outside of a room is a room of its own. */
const roomOf = (path: string) => path.split('/').slice(0, 2).join('/');

/** `importer → imported` for each import that `wrong` says is one. */
function wrongImports(among: SourceFile[], wrong: (file: SourceFile, imported: Import) => boolean): string[] {
  return among.flatMap((file) =>
    file.imports.filter((imported) => wrong(file, imported)).map(({ from }) => `${file.path} → ${from}`),
  );
}

/** `file: word` for each word of the files outside `allowed` that matches as a whole. */
function strayWords(among: SourceFile[], pattern: RegExp, ...allowed: string[]): string[] {
  return among
    .filter(({ path }) => !isIn(...allowed)(path))
    .flatMap(({ path, words }) => words.filter((word) => pattern.test(word)).map((word) => `${path}: ${word}`));
}

describe('the street', () => {
  test('is read as a whole: every import of the project leads to a file that is there', () => {
    expect(files.length).toBeGreaterThan(40);
    const known = new Set(files.map(({ path }) => path));
    expect(wrongImports(files, (_file, { from, isPackage }) => !isPackage && !known.has(from))).toEqual([]);
  });

  test('goes down: nothing in lib imports from functions, local, cdk or test', () => {
    expect(wrongImports(lib, (_file, { from, isPackage }) => !isPackage && !isIn('lib')(from))).toEqual([]);
  });

  test('enters functions by lib only', () => {
    const entries = files.filter(({ path }) => isIn('functions')(path));
    expect(wrongImports(entries, (_file, { from }) => !isIn('lib')(from))).toEqual([]);
  });

  test('passes by what stands in the bundles of functions only', () => {
    expect(lib.filter(({ path }) => isIn('lib/bundled')(path)).length).toBeGreaterThan(1);
    expect(wrongImports(files, (_file, { from }) => isIn('lib/bundled')(from))).toEqual([]);
  });

  test('has the doors above everything else in lib', () => {
    const above = isIn('lib/api', 'lib/cli');
    expect(wrongImports(lib, ({ path }, { from }) => isIn('lib/api')(from) && !above(path))).toEqual([]);
  });

  test('has the command line before the doors, as a caller like any other', () => {
    expect(wrongImports(files, ({ path }, { from }) => isIn('lib/cli')(from) && !isIn('lib/cli')(path))).toEqual([]);
    const commandLine = lib.filter(({ path }) => isIn('lib/cli')(path));
    const known = isIn('lib/cli', 'lib/api', 'lib/errors.ts');
    expect(wrongImports(commandLine, (_file, { from, isPackage }) => !isPackage && !known(from))).toEqual([]);
    const loaded = [...runTimeImportsOf('lib/cli/main.ts')];
    expect(loaded.filter(isIn('lib/api')).length).toBeGreaterThan(3);
    const small = isIn('lib/cli', 'lib/api', 'lib/errors.ts', 'lib/file-errors.ts', 'lib/workspace');
    expect(loaded.filter((path) => !small(path))).toEqual([]);
  });

  test('has the rooms below the manager and its sessions', () => {
    const upstairs = ['session', 'session-manager', 'manager-parts', 'mcp-client', 'services', 'stream-services'].map(
      (name) => `lib/${name}.ts`,
    );
    const rooms = lib.filter(({ path }) =>
      isIn(
        'lib/store',
        'lib/workspace',
        'lib/mcp',
        'lib/secrets',
        'lib/prompt',
        'lib/audit',
        'lib/metrics',
        'lib/events',
      )(path),
    );
    const comparing = lib.filter(({ path }) => isIn('lib/reconcile')(path));
    expect(comparing.length).toBeGreaterThan(1);
    expect(wrongImports([...rooms, ...comparing], (_file, { from }) => upstairs.includes(from))).toEqual([]);
    const ground = ['answer-in-time', 'errors', 'file-errors', 'identity', 'lazily', 'limits', 'schemas'].map(
      (name) => `lib/${name}.ts`,
    );
    const elsewhere = wrongImports(rooms, ({ path }, { from, isPackage, typeOnly }) => {
      return !isPackage && !typeOnly && roomOf(from) !== roomOf(path) && !ground.includes(from);
    });
    expect(elsewhere).toEqual([]);
  });

  test('ends at errors and identity', () => {
    const importsOf = (path: string) => lib.find((file) => file.path === path)?.imports.map(({ from }) => from);
    expect(importsOf('lib/errors.ts')).toEqual([]);
    expect(importsOf('lib/identity.ts')).toEqual(['lib/errors.ts']);
  });

  test('never goes in a circle, from file to file at run time', () => {
    const edges = files.flatMap(({ path, imports }) =>
      imports.filter(({ isPackage, typeOnly }) => !isPackage && !typeOnly).map(({ from }) => [path, from] as const),
    );
    expect(circleIn(edges)).toEqual([]);
  });

  test('never goes in a circle, from room to room, types included', () => {
    const edges = files.flatMap(({ path, imports }) =>
      imports.filter(({ isPackage }) => !isPackage).map(({ from }) => [roomOf(path), roomOf(from)] as const),
    );
    // A client needs the session it belongs to, which is what makes it: the one knows only the type of the other.
    const known = (edge: readonly [string, string]) => edge.join() === 'lib/mcp-client.ts,lib/session.ts';
    expect(circleIn(edges.filter(([from, to]) => from !== to).filter((edge) => !known(edge)))).toEqual([]);
  });
});

describe('each thing has its room', () => {
  test('the AWS SDK is where clients are made, where they are used, and in the clients that others use', () => {
    const isSdk = ({ from }: Import) => /^@(aws-sdk|smithy)\//.test(from);
    const clients = ['lib/api/session-manager-client.ts', 'lib/api/request-signature.ts'];
    const made = ['lib/services.ts', 'lib/mcp-sdk-services.ts', ...clients];
    const used = ['lib/store', 'lib/secrets', 'lib/workspace/efs-access-points.ts', 'lib/events/event-bridge-sink.ts'];
    expect(wrongImports(lib, ({ path }, imported) => isSdk(imported) && !isIn(...made, ...used)(path))).toEqual([]);
    expect(lib.filter(({ imports }) => imports.some(isSdk)).length).toBeGreaterThan(1);
  });

  test('SDK clients of functions are made in lib/services.ts, or by its settings, and the schema of the table knows none', () => {
    const makers = (client: string) =>
      files.filter(({ path, syntax }) => !isIn('local')(path) && syntax.text.includes(`new ${client}(`));
    expect(makers('DynamoDBClient').map(({ path }) => path)).toEqual(['lib/services.ts']);
    // Not by lib/services.ts itself: then every function would carry it.
    expect(makers('EFSClient').map(({ path }) => path)).toEqual(['lib/workspace/efs-access-points.ts']);
    expect(makers('EventBridgeClient').map(({ path }) => path)).toEqual(['lib/events/event-bridge-sink.ts']);
    const importersOf = (name: string) =>
      lib.filter(({ imports }) => imports.some(({ from }) => from.endsWith(`/${name}.ts`))).map(({ path }) => path);
    expect(importersOf('efs-access-points')).toEqual(['lib/index.ts', 'lib/stream-services.ts']);
    expect(importersOf('event-bridge-sink')).toEqual(['lib/stream-services.ts']);
    expect(importersOf('stream-services')).toEqual([]);
    const schema = lib.find(({ path }) => path === 'lib/store/table-schema.ts');
    expect(schema?.imports.filter(({ from }) => from.startsWith('@'))).toEqual([]);
  });

  test.each([
    ['the MCP SDK', /^@modelcontextprotocol\//, ['lib/mcp']],
    ['the file system', /^node:fs/, ['lib/workspace', 'lib/secrets', 'lib/bundled', 'lib/cli']],
    ['child processes', /^node:child_process$/, ['lib/mcp']],
    ['Lambda', /^aws-lambda$/, ['lib/api']],
    ['the logger', /^@aws-lambda-powertools\/logger/, ['lib/audit', 'lib/services.ts']],
    ['the metrics', /^@aws-lambda-powertools\/metrics/, ['lib/metrics']],
    ['a web server', /^(fastify|express|node:http|node:https)$/, []],
  ])('%s is imported nowhere else in lib', (_what, name, places) => {
    expect(wrongImports(lib, ({ path }, { from }) => name.test(from) && !isIn(...places)(path))).toEqual([]);
  });

  test('words of DynamoDB are in lib/store', () => {
    const words = /^(pk|sk|:\w+|(un)?marshall|\w*Expression\w*|Transact\w+|ConsistentRead|TableName|ALL_OLD|ALL_NEW)$/;
    expect(strayWords(lib, words, 'lib/store')).toEqual([]);
    expect(strayWords(lib, words).length).toBeGreaterThan(20);
  });

  test('words of HTTP are in lib/api, and in lib/mcp, which is a client of it', () => {
    const words =
      /^(statusCode|routeKey|httpMethod|requestContext|queryStringParameters|pathParameters|isBase64Encoded|.*problem\+json|content-type|retry-after|location|idempotency-key|x-user-id|x-org-id|x-role|GET|POST|PUT|PATCH|DELETE)$/;
    // An option of the command line has the name of a header.
    const options = 'lib/cli/session-commands.ts';
    expect(strayWords(lib, words, 'lib/api', 'lib/mcp', options)).toEqual([]);
    expect(strayWords(lib, words).length).toBeGreaterThan(20);
  });

  test('status codes are in lib/api, and in lib/mcp', () => {
    const codes = /^(20[0-6]|30[1-8]|4[0-2]\d|50[0-7])$/;
    expect(strayWords(lib, codes, 'lib/api', 'lib/mcp')).toEqual([]);
    expect(strayWords(lib, codes).length).toBeGreaterThan(10);
  });

  test('the environment is read where managers are put together, for credentials of AWS, and by the command line', () => {
    const readers = lib.filter(({ syntax }) => /process\s*\.\s*env\b/.test(syntax.text)).map(({ path }) => path);
    const known = ['lib/bundled/environment-credentials.ts', 'lib/cli/main.ts', 'lib/index.ts', 'lib/services.ts'];
    expect(readers.sort()).toEqual(known);
  });

  test('no room is one for everything', () => {
    const folders = ['lib', 'functions', 'local', 'test'].flatMap((folder) =>
      readdirSync(fileURLToPath(new URL(`../${folder}`, import.meta.url)), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.parentPath.includes('node_modules'))
        .map(({ name }) => name),
    );
    expect(folders).toContain('store');
    expect(folders.filter((name) => /^(utils?|common|helpers?|types?|shared|misc|lib)$/i.test(name))).toEqual([]);
    expect(files.filter(({ path }) => /\/(utils?|common|helpers?|types)\.ts$/i.test(path))).toEqual([]);
  });
});

describe('each file', () => {
  test('of lib, functions and local has at most 250 lines', () => {
    expect(files.filter(({ lines }) => lines > 250).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test('is named in kebab-case', () => {
    expect(files.filter(({ path }) => !/^([a-z0-9-]+\/)+[a-z0-9-]+\.ts$/.test(path))).toEqual([]);
  });

  test('of functions is 3 to 6 lines of imports and one handler, with no decision and nothing done on import', () => {
    const entries = files.filter(({ path }) => isIn('functions')(path));
    expect(entries.length).toBeGreaterThanOrEqual(4);
    for (const entry of entries) {
      expect({ path: entry.path, problems: problemsOfEntry(entry) }).toEqual({ path: entry.path, problems: [] });
    }
  });

  test('of functions would be found out if it did more', () => {
    const entry = (text: string) => problemsOfEntry(parseSource('functions/some.ts', text));
    expect(entry("import { a } from '../lib/a.ts';\n\nexport const handler = a();\n")).toEqual([]);
    expect(entry('if (a) b();\n\nexport const handler = a();\n')).not.toEqual([]);
    expect(entry('\n\nexport const handler = a ? b : c;\n')).not.toEqual([]);
    expect(entry('\nawait a();\nexport const handler = b();\n')).not.toEqual([]);
    expect(entry('\n\n\n\n\n\n\nexport const handler = a();\n')).not.toEqual([]);
    expect(entry('\n\n\nexport const other = a();\n')).not.toEqual([]);
  });
});

function problemsOfEntry(file: SourceFile): string[] {
  const { IfStatement, ConditionalExpression, AwaitExpression, SwitchStatement } = ts.SyntaxKind;
  const rest = file.syntax.statements.filter((statement) => !ts.isImportDeclaration(statement));
  return [
    (file.lines < 3 || file.lines > 6) && `${file.lines} lines`,
    contains(file, IfStatement) && 'an if',
    (contains(file, ConditionalExpression) || contains(file, SwitchStatement)) && 'a decision',
    contains(file, AwaitExpression) && 'waits on import',
    !(rest.length === 1 && rest[0]?.getText().startsWith('export const handler = ')) && 'is not one handler',
  ].filter((problem) => problem !== false);
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

/** A way from somewhere back to where it began, if there is one. */
function circleIn(edges: (readonly [string, string])[]): string[] {
  const next = new Map<string, string[]>();
  for (const [from, to] of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const follow = (node: string, way: string[]): string[] => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const to of next.get(node) ?? []) {
      const circle = follow(to, [...way, node]);
      if (circle.length > 0) return circle;
    }
    done.add(node);
    return [];
  };
  for (const node of next.keys()) {
    const circle = follow(node, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

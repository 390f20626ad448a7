import { describe, expect, test } from '@jest/globals';
import { ERRORS } from '../../lib/error-catalogue.ts';
import { STRAY_WORDS } from './known-exceptions.ts';
import { READERS_OF_ERRORS, STATUS_CODES, WORDS_OF_DYNAMODB, WORDS_OF_HTTP } from './rooms.ts';
import { isIn, strayWords, wrongImports, wrongReadersOfErrors } from './rules.ts';
import { parseSource, sourceFiles, type Import } from './source-files.ts';

const all = sourceFiles('lib', 'functions', 'local', 'cdk');
const lib = all.filter(({ path }) => path.startsWith('lib/'));
const files = all.filter(({ path }) => !path.startsWith('cdk/'));

describe('each thing has its room', () => {
  test('the AWS SDK is where clients are made, where they are used, and in the clients that others use', () => {
    const isSdk = ({ from }: Import) => /^@(aws-sdk|smithy)\//.test(from);
    const ofClients = ['lambda-invoke.ts', 'request-signature.ts', 'aws-settings.ts'];
    const clients = ofClients.map((name) => `lib/api/client/${name}`);
    const made = ['lib/composition/clients.ts', 'lib/composition/mcp-sdk.ts', ...clients];
    const used = [
      'lib/table',
      'lib/mcp-clients/credentials/kms-secret-box.ts',
      'lib/workspaces/access-points/efs-access-points.ts',
      'lib/telemetry/events/event-bridge-sink.ts',
    ];
    expect(wrongImports(lib, ({ path }, imported) => isSdk(imported) && !isIn(...made, ...used)(path))).toEqual([]);
    expect(lib.filter(({ imports }) => imports.some(isSdk)).length).toBeGreaterThan(1);
  });

  test('SDK clients of functions are made in composition, or by its settings, and the keys of the table know none', () => {
    const makers = (client: string) =>
      files.filter(({ path, syntax }) => !isIn('local')(path) && syntax.text.includes(`new ${client}(`));
    expect(makers('DynamoDBClient').map(({ path }) => path)).toEqual(['lib/composition/clients.ts']);
    // Not by lib/composition/clients.ts itself: then every function would carry it.
    expect(makers('EFSClient').map(({ path }) => path)).toEqual(['lib/workspaces/access-points/efs-access-points.ts']);
    expect(makers('EventBridgeClient').map(({ path }) => path)).toEqual(['lib/telemetry/events/event-bridge-sink.ts']);
    const importersOf = (name: string) =>
      lib.filter(({ imports }) => imports.some(({ from }) => from.endsWith(`/${name}.ts`))).map(({ path }) => path);
    const events = 'lib/composition/session-events-function.ts';
    expect(importersOf('efs-access-points').sort()).toEqual([events, 'lib/index.ts']);
    expect(importersOf('event-bridge-sink')).toEqual([events]);
    expect(importersOf('session-events-function')).toEqual([]);
    expect(lib.map(({ path }) => path)).toContain(events);
    const keys = lib.find(({ path }) => path === 'lib/table/keys.ts');
    expect(keys).toBeDefined();
    expect(keys?.imports.filter(({ from }) => from.startsWith('@'))).toEqual([]);
  });

  test.each([
    ['the MCP SDK', /^@modelcontextprotocol\//, ['lib/mcp-clients/transports']],
    ['OAuth', /^oauth4webapi$/, ['lib/mcp-clients/transports']],
    [
      'the file system',
      /^node:fs/,
      [
        ...['lib/workspaces', 'lib/mcp-clients/credentials/key-file-secret-box.ts', 'lib/cli'],
        // Reads `/proc`: what has started what.
        'lib/mcp-clients/transports/marked-processes.ts',
      ],
    ],
    ['child processes', /^node:child_process$/, ['lib/mcp-clients/transports']],
    ['Lambda', /^aws-lambda$/, ['lib/api']],
    ['the logger', /^@aws-lambda-powertools\/logger/, ['lib/composition/materials.ts']],
    ['the metrics', /^@aws-lambda-powertools\/metrics/, ['lib/telemetry/metrics']],
    // The client over HTTP sends with Node's own, which sends nothing twice by itself.
    ['a web server', /^(fastify|express|node:http|node:https)$/, ['lib/api/client/http-exchange.ts']],
  ])('%s is imported nowhere else in lib', (_what, name, places) => {
    expect(wrongImports(lib, ({ path }, { from }) => name.test(from) && !isIn(...places)(path))).toEqual([]);
  });

  test('words of DynamoDB, words of HTTP and status codes are where their rules want them, but for those that are known', () => {
    const stray = [WORDS_OF_DYNAMODB, WORDS_OF_HTTP, STATUS_CODES].flatMap((rule) => strayWords(lib, rule));
    expect(stray.sort()).toEqual([...STRAY_WORDS].sort());
  });

  test('words in the wrong place would be found out', () => {
    const some = parseSource('lib/limits/some.ts', "headers['Retry-After'] = 'HEAD';\n");
    expect(strayWords([some], WORDS_OF_HTTP)).toEqual(['lib/limits/some.ts: Retry-After', 'lib/limits/some.ts: HEAD']);
    for (const rule of [WORDS_OF_DYNAMODB, WORDS_OF_HTTP, STATUS_CODES]) {
      const everywhere = { ...rule, folders: [], files: [], endings: [] };
      expect(strayWords(lib, everywhere).length).toBeGreaterThan(20);
    }
  });

  test('each column of the catalogue of errors is read by one module', () => {
    const columns = new Set(Object.values(ERRORS).flatMap((row) => Object.keys(row)));
    expect(Object.keys(READERS_OF_ERRORS).sort()).toEqual([...columns].sort());
    expect(wrongReadersOfErrors(all, READERS_OF_ERRORS)).toEqual([]);
  });

  test('a column of the catalogue of errors that another module reads would be found out', () => {
    const wrongIn = (folder: string, text: string) => {
      const source = `import { ERRORS } from '../error-catalogue.ts';\n${text}\n`;
      return wrongReadersOfErrors([parseSource(`${folder}/some.ts`, source)], READERS_OF_ERRORS);
    };
    expect(wrongIn('lib/api', 'export const status = ERRORS.INTERNAL.status;')).toEqual([]);
    expect(wrongIn('lib/cli', 'export const { status } = ERRORS.INTERNAL;')).toEqual(['lib/cli/some.ts: status']);
    expect(wrongIn('lib/telemetry', "ERRORS.INTERNAL['exit'];")).toEqual(['lib/telemetry/some.ts: exit']);
    expect(wrongIn('lib/api', 'ERRORS.INTERNAL.when;')).toEqual(['lib/api/some.ts: when']);
    expect(wrongIn('lib/sessions', "export * from '../error-catalogue.ts';")).toContain(
      'lib/sessions/some.ts → lib/error-catalogue.ts',
    );
    const nobody = Object.fromEntries(Object.keys(READERS_OF_ERRORS).map((column) => [column, undefined]));
    const found = wrongReadersOfErrors(all, nobody).map((line) => line.split(': ')[1]);
    expect(found).toEqual(expect.arrayContaining(['status', 'title', 'exit', 'outcome']));
  });
});

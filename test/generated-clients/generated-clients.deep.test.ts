import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openApiDocument } from '../../lib/api/openapi/openapi-document.ts';
import { newDirectory, startServer, type LocalServer } from '../local/local-server.ts';
import { OF_HEY_API, OF_OPENAPI_TYPESCRIPT, projectOf } from './programs.ts';

const LONG = 300_000;
const HERE = import.meta.dirname;
const PROJECT = path.resolve(HERE, '../..');
const INSTALLED = path.join(HERE, 'node_modules');

const run = async (command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = process.env) =>
  (await promisify(execFile)(command, args, { cwd, env })).stdout;

/** The makers of clients have a lock of their own: they are installed when this test first needs them. */
async function install(): Promise<void> {
  const read = async (directory: string) =>
    JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as {
      version: string;
      dependencies: Record<string, string>;
    };
  const { dependencies } = await read(HERE);
  const versions = await Promise.all(
    Object.keys(dependencies).map((name) =>
      read(path.join(INSTALLED, name)).then(
        ({ version }) => version,
        () => undefined,
      ),
    ),
  );
  if (versions.join() === Object.values(dependencies).join()) return;
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], HERE);
}

describe('clients that others make of the OpenAPI document', () => {
  let directory: string;
  let server: LocalServer;
  beforeAll(async () => {
    await install();
    directory = await realpath(await mkdtemp(path.join(tmpdir(), 'generated-')));
    await symlink(INSTALLED, path.join(directory, 'node_modules'));
    const files = {
      'package.json': '{ "private": true, "type": "module" }',
      'openapi.json': JSON.stringify(openApiDocument()),
      'hey-api.ts': OF_HEY_API,
      'openapi-typescript.ts': OF_OPENAPI_TYPESCRIPT,
      'tsconfig.json': projectOf(path.join(PROJECT, 'node_modules/@types'), ['hey-api.ts', 'openapi-typescript.ts']),
    };
    for (const [file, text] of Object.entries(files)) await writeFile(path.join(directory, file), text);
    server = await startServer({
      DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
      TABLE_NAME: `generated-${process.pid}`,
      WORKSPACE_ROOT: await newDirectory(),
    });
  }, LONG);
  afterAll(async () => {
    await server?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  const node = (file: string, ...args: string[]) =>
    run(process.execPath, ['--preserve-symlinks', file, ...args], directory, { ...process.env, API_URL: server.url });

  test(
    'compile strictly, with what must not compile, and make a call',
    async () => {
      const hey = ['-i', 'openapi.json', '-o', 'hey-api', '--no-log-file'];
      await node(path.join(INSTALLED, '@hey-api/openapi-ts/bin/run.js'), ...hey);
      await node(path.join(INSTALLED, 'openapi-typescript/bin/cli.js'), 'openapi.json', '-o', 'paths.ts');
      const compiler = path.join(INSTALLED, 'typescript/bin/tsc');
      const said = await node(compiler, '--pretty', 'false').catch(({ stdout }: { stdout: string }) => stdout);
      expect(said).toBe('');
      expect(await node('hey-api.js')).toBe('hey active');
      expect(await node('openapi-typescript.js')).toBe('paths active');
    },
    LONG,
  );
});

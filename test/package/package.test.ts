import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FUNCTION_NAMES } from '../../cdk/function-rows.ts';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';
import type { SessionEvent } from '../../lib/telemetry/events/index.ts';
import { ask, newDirectory, startServer, type LocalServer } from '../local/local-server.ts';
import { ConsumerProject, PROJECT } from './consumer-project.ts';
import { testPrograms } from './consumer-programs.ts';
import { BUNDLE, COMPILED, contentsOf, examples, filesOfPackage, packagesImportedBy } from './package-contents.ts';

const LONG = 600_000;
const ENTRIES = ['.', './client', './cdk', './events'];

const EVENT: SessionEvent = {
  id: 'e1',
  type: 'session.ended',
  version: 3,
  time: '2026-11-22T12:00:00.000Z',
  sessionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
  userId: 'ada',
  orgId: 'acme',
  reason: 'requested',
  createdAt: '2026-11-22T11:59:00.000Z',
  durationSeconds: 60,
  mcpClientIds: [],
};

let project: ConsumerProject;
let compilerSays: string;
let server: LocalServer;
let environment: Record<string, string>;

const activeOf = async (userId: string): Promise<number> => {
  const { body } = await ask(server, 'GET', '/usage', { headers: { 'x-user-id': userId, 'x-org-id': 'acme' } });
  return (body as { user: { active: number } }).user.active;
};

beforeAll(async () => {
  project = await ConsumerProject.create();
  await project.install('@types/node', 'aws-cdk-lib', 'constructs');
  const [library = '', client = '', overHttp = '', stack = '', events = ''] = examples(project);
  await project.write('library.ts', library);
  await project.write('client.ts', client);
  await project.write('over-http.ts', overHttp);
  await project.write('stack.ts', stack);
  await project.write('events.ts', events);
  for (const [file, text] of Object.entries(contentsOf(path.join(import.meta.dirname, 'consumer')))) {
    await project.write(file, text);
  }
  await project.write('job/index.js', 'exports.handler = async () => {};');
  environment = {
    DYNAMODB_ENDPOINT: process.env.DYNAMODB_ENDPOINT as string,
    TABLE_NAME: `package-${process.pid}`,
    WORKSPACE_ROOT: await newDirectory(),
  };
  [compilerSays, server] = await Promise.all([project.compile(), startServer(environment)]);
}, LONG);
afterAll(() => project.remove());

describe('the tarball', () => {
  test('has what the entries need, the bundles, and what the README leads to', () => {
    const others = filesOfPackage(project).filter((file) => !COMPILED.test(file) && !BUNDLE.test(file));
    const docs = readdirSync(path.join(PROJECT, 'docs')).map((file) => `docs/${file}`);
    expect(others).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'package.json',
        'dist/functions/THIRD-PARTY-LICENSES.txt',
        'cdk/README.md',
        'lib/README.md',
        'lib/telemetry/audit/audit-events.md',
        'lib/limits/seat-protocol.md',
        ...docs,
      ].sort(),
    );
    const bundled = filesOfPackage(project).flatMap((file) => BUNDLE.exec(file)?.groups?.name ?? []);
    expect([...new Set(bundled)].sort()).toEqual([...FUNCTION_NAMES].sort());
  });

  test('has modules with types, each compiled from a file that is there, and none for running or testing the checkout', () => {
    const compiled = filesOfPackage(project).flatMap((file) => COMPILED.exec(file)?.groups?.source ?? []);
    const sources = [...new Set(compiled)];
    expect(compiled).toHaveLength(2 * sources.length);
    expect(sources.filter((source) => !existsSync(path.join(PROJECT, `${source}.ts`)))).toEqual([]);
    expect(
      sources.filter((source) => /^cdk\/(app|session-manager-app|write-bundles|examples\/.*)$/.test(source)),
    ).toEqual([]);
  });

  test('exports its entries with types, and nothing else', () => {
    const { exports } = project.manifest;
    expect(Object.keys(exports)).toEqual([...ENTRIES, './package.json']);
    const files = ENTRIES.flatMap((entry) => Object.values(exports[entry] ?? {}));
    expect(files).toHaveLength(2 * ENTRIES.length);
    expect(files.filter((file) => !existsSync(path.join(project.installed, file)))).toEqual([]);
  });

  test('imports what it declares, all of it: its dependencies, and in the stack the packages of the CDK', () => {
    const { dependencies = {}, peerDependencies } = project.manifest;
    const isCode = (file: string) => COMPILED.test(file);
    const [ofStack, ofLib] = [true, false].map((stack) =>
      packagesImportedBy(
        project,
        filesOfPackage(project).filter((file) => isCode(file) && file.startsWith('dist/cdk/') === stack),
      ),
    );
    expect(ofLib?.length).toBeGreaterThan(10);
    expect(ofLib?.filter((name) => !(name in dependencies))).toEqual([]);
    expect(ofStack?.filter((name) => !(name in dependencies))).toEqual(['aws-cdk-lib', 'constructs']);
    const imported = packagesImportedBy(project, filesOfPackage(project).filter(isCode));
    expect(Object.keys(dependencies).filter((name) => !imported.includes(name))).toEqual([]);
    expect(Object.keys(peerDependencies)).toEqual(['@types/node', 'aws-cdk-lib', 'constructs']);
  });

  test('tells nothing of the machine that it was made on', () => {
    const telling = filesOfPackage(project).filter((file) =>
      readFileSync(path.join(project.installed, file), 'utf8').includes(PROJECT),
    );
    expect(telling).toEqual([]);
  });

  test('has the license of every package that is in the bundles', () => {
    const licenses = readFileSync(path.join(project.installed, 'dist/functions/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['@aws-sdk/client-dynamodb', 'undici', 'zod']) {
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+`, 'm'));
    }
  });
});

describe('in an empty project', () => {
  test('its four entries compile, strictly and with the declarations of all packages', () => {
    expect(examples(project)).toHaveLength(ENTRIES.length + 1);
    expect(compilerSays).toBe('');
  });

  test('the manager creates and ends a session', async () => {
    expect(await project.node(['library.js'], environment)).toContain(`${environment.WORKSPACE_ROOT}/ada/`);
    expect(await activeOf('ada')).toBe(0);
  });

  test('the client does the same by invoking the functions, files included', async () => {
    const functions = Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), group]));
    const printed = await project.node(['client.js'], {
      ...functions,
      AWS_ENDPOINT_URL_LAMBDA: server.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
    });
    expect(printed).toBe('Buy milk.');
    expect(await activeOf('ada')).toBe(0);
  });

  testPrograms(() => ({ project, server, environment, activeOf }));

  test('the client over HTTP asks the API', async () => {
    const script = (await readFile(path.join(project.root, 'over-http.js'), 'utf8')).replace(
      'http://127.0.0.1:3000',
      server.url,
    );
    await project.write('over-http-here.js', script);
    expect(await project.node(['over-http-here.js'])).toMatch(/user: \{ active: 0, limit: null \}/);
  });

  test(
    'the stack is synthesized with the bundles that it brings',
    async () => {
      const outdir = path.join(project.root, 'cdk.out');
      await project.node(['stack.js'], { CDK_OUTDIR: outdir });
      const { Resources } = JSON.parse(readFileSync(path.join(outdir, 'SessionManager.template.json'), 'utf8')) as {
        Resources: Record<string, { Type: string; Properties: { Description: string; Code: { S3Key: string } } }>;
      };
      const functions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
      expect(functions).toHaveLength(FUNCTION_NAMES.length);
      for (const { Properties } of functions) {
        const [, name = ''] = Properties.Description.split(': ');
        const asset = path.join(outdir, `asset.${path.parse(Properties.Code.S3Key).name}`);
        const bundle = path.join(project.installed, 'dist/functions', name);
        expect(readdirSync(asset)).toContain('index.mjs');
        expect(contentsOf(asset)).toEqual(contentsOf(bundle));
      }
    },
    LONG,
  );

  describe('the command `npx agent-session-manager`', () => {
    const as = (user: string) => ({
      SESSION_MANAGER_URL: server.url,
      SESSION_MANAGER_USER: user,
      SESSION_MANAGER_ORG: 'acme',
    });

    test('says what it can do', async () => {
      expect(await project.command(['--help'])).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('agent-session-manager create'),
      });
      expect(await project.command(['--version'])).toMatchObject({
        exitCode: 0,
        stdout: `${project.manifest.version}\n`,
      });
    });

    test('creates, lists and ends a session', async () => {
      const created = await project.command(['create', '--json'], as('grace'));
      expect(created).toMatchObject({ exitCode: 0, stderr: '' });
      const { id } = JSON.parse(created.stdout) as { id: string };
      expect((await project.command(['list'], as('grace'))).stdout).toContain(id);
      expect(await project.command(['end', id], as('grace'))).toMatchObject({ exitCode: 0 });
      expect(await activeOf('grace')).toBe(0);
      expect(await project.command(['get', id], as('grace'))).toMatchObject({
        exitCode: 3,
        stdout: '',
        stderr: expect.stringMatching(/^SESSION_NOT_FOUND: /),
      });
    });
  });

  test('events are read, and their JSON Schemas are those of the events', async () => {
    const script = `const { handler } = await import('./events.js');
      const { sessionEventJsonSchemas } = await import('agent-session-manager/events');
      const required = await handler({ detail: ${JSON.stringify({ ...EVENT, later: true })} });
      console.log(JSON.stringify({ required, schema: sessionEventJsonSchemas['session.ended'] }));`;
    const printed = await project.node(['--input-type=module', '--eval', script]);
    const [line, json = ''] = printed.trim().split('\n');
    expect(line).toBe('acme 60');
    const { required, schema } = JSON.parse(json) as { required: string[]; schema: object };
    expect(required.sort()).toEqual(Object.keys(EVENT).sort());
    const ajv = new Ajv2020({ formats: { 'date-time': true } });
    expect(ajv.validate(schema, EVENT)).toBe(true);
    expect(ajv.validate(schema, { ...EVENT, reason: 'boredom' })).toBe(false);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { functionRows } from '../../cdk/function-rows.ts';
import { operations } from '../../lib/api/operations.ts';
import { AUDITED_OPERATIONS, EFFECTS } from '../../lib/api/audit-catalogue.ts';
import { IDEMPOTENCY_HOURS } from '../../lib/errors.ts';
import { ENV, readConfig } from '../../lib/configuration.ts';
import { METRICS } from '../../lib/telemetry/metrics/metric-catalogue.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import { Session } from '../../lib/sessions/session.ts';
import { commandsBelow } from '../cli/all-commands.ts';
import { commandLine } from '../cli/run-command-line.ts';
import { blocksOf, codeIn, documents, readDocument } from './markdown.ts';
import { namesOfTables, withTables, WRITTEN_TABLES } from './written-tables.ts';
import { newStack } from '../setup/test-stack.ts';
import { sourceFiles } from '../structure/source-files.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const source = (name: string): string => readFileSync(path.join(PROJECT, name), 'utf8');
const readme = source('README.md');
const reference = source('docs/reference.md');
const migration = source('docs/migration.md');
const runbook = source('docs/runbook.md');
const stack = source('cdk/README.md');
const { scripts, dependencies, devDependencies } = JSON.parse(source('package.json')) as Record<
  'scripts' | 'dependencies' | 'devDependencies',
  Record<string, string>
>;

/** The first cell of each row of the table under a heading, without its back quotes. */
function rowsUnder(heading: string, text = reference): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((line) => line.split(' | ').map((cell) => cell.replaceAll(/[|`]/g, '').trim()));
}

describe('a document', () => {
  test.each(documents)('%s has its tables as `npm run docs` writes them', (name) => {
    expect(readDocument(name)).toBe(withTables(readDocument(name)));
  });

  test('has each table that `npm run docs` writes, in one place', () => {
    const named = documents.flatMap((name) => namesOfTables(readDocument(name)));
    expect(named.sort()).toEqual(Object.keys(WRITTEN_TABLES).sort());
  });

  test('would be found out if a table said something else than the code', () => {
    const written = withTables(readDocument('docs/reference.md'));
    const changed = written.replace(/\n\| `SESSION_NOT_FOUND` .*/, '').replace('| `GET /usage` ', '| `GET /seats` ');
    expect(changed).not.toBe(written);
    expect(withTables(changed)).toBe(written);
    expect(() => withTables('<!-- table: other, -->\n\n<!-- end of table -->\n')).toThrow('other');
  });

  test('for reference lists every command of the command line, and no other', async () => {
    const [, section = ''] = /\n## Command line\n([\s\S]*?)\n## /.exec(reference) ?? [];
    const named = [...section.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    const commands = await commandsBelow();
    expect(named.sort()).toEqual(commands.map(({ words }) => words.join(' ')).sort());
  });

  // A wrong command would be exit code 2 before anything is asked; here nothing answers.
  test.each(documents)('%s has commands of the command line that are understood', async (name) => {
    const text = source(name);
    const blocks = blocksOf(text).flatMap((block) => block.text.split('\n'));
    const lines = [...blocks, ...codeIn(text)].flatMap((line) => {
      const [, words] = /(?:npm run -s cli --|npx agent-session-manager) ([^|]+?)(?: \||\)|$)/.exec(line) ?? [];
      return words === undefined || words === 'COMMAND' ? [] : [words];
    });
    if (name === 'README.md') expect(lines.length).toBeGreaterThan(8);
    const env = { SESSION_MANAGER_URL: 'http://127.0.0.1:9', SESSION_MANAGER_USER: 'ada', SESSION_MANAGER_ORG: 'acme' };
    for (const line of lines) {
      const told = await commandLine(line.split(' '), { env });
      expect({ line, understood: told.code === 0 || told.code === 6, told }).toMatchObject({ understood: true });
    }
  });

  test('for reference lists every environment variable with its default, and no other', () => {
    const told: Record<string, string> = {};
    for (const [name = '', preset = ''] of rowsUnder('Configuration')) told[name] = preset;
    expect(Object.keys(told).sort()).toEqual([...Object.values(ENV), 'PORT'].sort());
    const config = readConfig({});
    expect(told).toMatchObject({
      MAX_SESSIONS: String(config.limits.global),
      MAX_SESSIONS_PER_ORG: String(config.limits.org),
      MAX_SESSIONS_PER_USER: String(config.limits.user),
      INACTIVITY_SECONDS: String(config.inactivitySeconds),
      TOUCH_INTERVAL_SECONDS: String(config.touchIntervalSeconds),
      CLEANUP_INTERVAL_SECONDS: String(config.cleanupIntervalSeconds),
      MAX_MCP_CLIENTS_PER_SESSION: String(config.maxMcpClientsPerSession),
      MAX_WORKSPACE_BYTES: String(config.maxWorkspaceBytes),
      TABLE_NAME: config.tableName,
      AUTH_MODE: config.authMode,
      JWT_ORG_CLAIM: config.jwtOrgClaim,
      JWT_ROLE_CLAIM: config.jwtRoleClaim,
      JWT_ADMIN_ROLE: config.jwtAdminRole,
      JWT_OPERATOR_ROLE: config.jwtOperatorRole,
      LOG_LEVEL: config.logLevel,
    });
  });

  test('of the stack lists every metric with its dimension, and no other', () => {
    const told = rowsUnder('Metrics', stack).map(([name, dimension]) => [name, dimension || undefined]);
    expect(told).toEqual(Object.entries(METRICS).map(([name, { dimension }]) => [name, dimension]));
  });

  test('for operators lists every alarm, has a section for each, and asks for lines that are written', () => {
    const alarms = [...source('cdk/alarms.ts').matchAll(/\bid: '(\w+)'/g)].map(([, id = '']) => id);
    expect(alarms.length).toBeGreaterThan(5);
    expect(
      rowsUnder('Alarms', runbook)
        .map(([id]) => id)
        .sort(),
    ).toEqual(alarms.toSorted());
    for (const id of alarms) expect(runbook).toContain(`\n### \`${id}\`\n`);
    const lines = [...runbook.matchAll(/"([a-z]+(?:_[a-z]+)+)"/g)].map(([, line = '']) => line);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(source('lib/telemetry/log-lines.ts')).toContain(`'${line}'`);
    const events = Object.values(AUDITED_OPERATIONS).flatMap((row) => [row.attempt, 'done' in row ? row.done : '']);
    const asked = [...runbook.matchAll(/event (?:=|in) ([^|]*?)(?:\||and|\n)/g)].flatMap(([, list = '']) =>
      list.match(/[a-z-]+\.[a-z-]+/g),
    );
    expect(asked.length).toBeGreaterThan(3);
    for (const event of asked) expect([...events, ...Object.keys(EFFECTS)]).toContain(event);
  });

  test('on security says of every function whether it has the workspaces', () => {
    const told = rowsUnder('What each function may do', source('docs/security.md'));
    const expected = Object.entries(functionRows).map(([name, row]) => [name, row.mountsWorkspaces ? 'yes' : 'no']);
    expect(told.map(([name, mounts]) => [name, mounts]).sort()).toEqual(expected.sort());
  });

  test.each(documents.filter((name) => source(name).includes('\n- **Packages**')))(
    '%s lists every package that its room imports, and no other',
    (name) => {
      const [, list = ''] = /\n- \*\*Packages\*\*: ([\s\S]*?)(?:\. |\.?\n- |\.?\n$)/.exec(source(name)) ?? [];
      const told = [...list.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one);
      const imported = sourceFiles(path.dirname(name)).flatMap(({ imports }) =>
        imports.filter(({ isPackage, from }) => isPackage && !from.startsWith('node:')).map(({ from }) => from),
      );
      const packages = imported.map((from) => /^(@[^/]+\/)?[^/]+/.exec(from)?.[0]);
      expect(told.sort()).toEqual([...new Set(packages)].sort());
    },
  );

  test.each(['docs/reference.md', 'docs/reliability.md'])('%s says how long an idempotency key lives', (name) => {
    const lines = source(name)
      .split('\n')
      .filter((line) => /idempotency.key/i.test(line) && /\d+ hours/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toContain(`${IDEMPOTENCY_HOURS} hours`);
  });

  test('for migration names operations and methods that exist', () => {
    const calls = rowsUnder('Call by call', migration);
    expect(calls).toHaveLength(16);
    const named = calls.flatMap(([, , operation = '']) => operation.split(', ').filter(Boolean));
    for (const operation of named) expect(Object.keys(operations)).toContain(operation);
    const methods = calls.flatMap(([, here = '']) => [...here.matchAll(/(session\.)?(\w+)\(/g)]);
    for (const [, onSession, method = ''] of methods) {
      if (['createSessionManager', 'SessionManagerV2', 'listTools', 'callTool'].includes(method)) continue;
      const owner = onSession ? Session.prototype : SessionManager.prototype;
      expect(method in owner ? method : `${method} is missing`).toBe(method);
    }
  });

  test.each(documents)('%s names scripts and paths that exist', (name) => {
    const text = readFileSync(path.join(PROJECT, name), 'utf8');
    for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
    const paths = [...text.matchAll(/`((?:lib|local|functions|test|cdk|docs|\.github|\.ci)\/[\w./-]*)`/g)].map(
      ([, file = '']) => file,
    );
    for (const [, tests = ''] of text.matchAll(/npm test -- ((?:test\/[\w./-]+ ?)+)/g))
      paths.push(...tests.trim().split(' '));
    for (const file of paths) expect(existsSync(path.join(PROJECT, file)) ? file : `${file} is missing`).toBe(file);
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      const file = path.join(PROJECT, path.dirname(name), link);
      expect(existsSync(file) ? link : `${link} is missing`).toBe(link);
    }
  });

  test('to begin with has an example that runs', async () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(12);
    const file = path.join(PROJECT, `readme-example-${process.pid}.ts`);
    const stack = await newStack();
    await writeFile(file, example);
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file], {
        cwd: PROJECT,
        env: { PATH: process.env.PATH, ...stack.env },
        timeout: 60_000,
      });
      expect(stdout).toContain(`${stack.root}/ada/`);
      expect(stdout.trim().split('\n').at(-1)).toBe('1');
      expect(await stack.manager.countAllSessions()).toBe(0);
    } finally {
      await rm(file);
      await stack.close();
    }
  });

  test('of contributing lists every direct dependency with the release in use and whether it runs a script', () => {
    const told = rowsUnder('Dependencies', readFileSync(path.join(PROJECT, 'CONTRIBUTING.md'), 'utf8'));
    const expected = Object.keys({ ...dependencies, ...devDependencies }).map((name) => {
      const manifest = JSON.parse(readFileSync(path.join(PROJECT, 'node_modules', name, 'package.json'), 'utf8')) as {
        version: string;
        scripts?: Record<string, string>;
      };
      const runs = ['preinstall', 'install', 'postinstall'].some((script) => manifest.scripts?.[script] !== undefined);
      return [name, manifest.version, runs ? 'yes' : 'no'];
    });
    const facts = told.map(([name, , release = '', script]) => [name, release.split(' ')[0], script]);
    expect(facts.sort()).toEqual(expected.sort());
    for (const [, , release] of told) expect(release).toMatch(/ \(\d{4}-\d\d-\d\d\)$/);
  });
});

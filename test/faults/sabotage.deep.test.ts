import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MUTATIONS, type Mutation } from './mutations.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const COPIED = ['lib', 'local', 'functions', 'test', 'jest.config.mjs', 'package.json', 'tsconfig.json', 'README.md'];
const RUN_MS = 4 * 60_000;
const NODE = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', '--import', 'tsx'];

/** A copy of the project in which the code is broken, one way after the other. */
describe('a change of the code that breaks an invariant is noticed', () => {
  let copy: string;
  beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), 'sabotage-'));
    const filter = (from: string) => path.basename(from) !== 'node_modules';
    for (const name of COPIED) await cp(path.join(PROJECT, name), path.join(copy, name), { recursive: true, filter });
    await symlink(path.join(PROJECT, 'node_modules'), path.join(copy, 'node_modules'));
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  const results = async ({ file, name }: Mutation['test']): Promise<{ failed: number; passed: number }> => {
    const args = [...NODE, 'node_modules/jest/bin/jest.js', file, '-t', name, '--json'];
    const env = { ...process.env, NODE_OPTIONS: '' };
    const printed = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: copy, env, timeout: RUN_MS, maxBuffer: 2 ** 26 }, (_error, stdout) =>
        resolve(stdout),
      );
    });
    const line = printed.split('\n').find((one) => one.startsWith('{"num')) ?? '{}';
    const { numFailedTests = -1, numPassedTests = -1 } = JSON.parse(line) as Record<string, number>;
    return { failed: numFailedTests, passed: numPassedTests };
  };

  test.each(MUTATIONS)(
    '$invariant: $what',
    async ({ file, search, replace, test: noticing }) => {
      const at = path.join(copy, file);
      const whole = await readFile(at, 'utf8');
      expect(whole.split(search)).toHaveLength(2);
      expect(await results(noticing)).toMatchObject({ failed: 0 });
      await writeFile(
        at,
        whole.replace(search, () => replace),
      );
      try {
        expect((await results(noticing)).failed).toBeGreaterThan(0);
      } finally {
        await writeFile(at, whole);
      }
    },
    2 * RUN_MS + 10_000,
  );
});

import { describe, expect, test } from '@jest/globals';
import { parseSource, sourceFiles, type SourceFile } from './source-files.ts';

const lib = sourceFiles('lib');

describe('settings', () => {
  test('the environment is read where managers are put together, and by the command line', () => {
    const readers = lib.filter(readsEnvironment).map(({ path }) => path);
    expect(readers.sort()).toEqual([
      // To know what the AWS SDK would read there by itself.
      'lib/api/client/aws-settings.ts',
      'lib/cli/main.ts',
      'lib/composition/made-at-start.ts',
      'lib/index.ts',
    ]);
  });

  test('a reader of the environment would be found out, by whatever way it reads', () => {
    const reads = (text: string) => readsEnvironment(parseSource('lib/table/some.ts', text));
    expect(reads('export const { env } = process;\n')).toBe(true);
    expect(reads("import { env } from 'node:process';\n")).toBe(true);
    expect(reads("export const a = process['env'].A;\n")).toBe(true);
    expect(reads('export const a = (env: NodeJS.ProcessEnv) => env.A;\n')).toBe(false);
  });
});

function readsEnvironment({ syntax, imports }: SourceFile): boolean {
  const direct = /\bprocess\s*(\?\.|\.|\[\s*['"`])\s*env\b/;
  const taken = /\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/;
  const isImported = imports.some(({ from }) => /^(node:)?process$/.test(from));
  return direct.test(syntax.text) || taken.test(syntax.text) || isImported;
}

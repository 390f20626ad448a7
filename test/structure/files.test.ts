import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { MOST_LINES_OF_A_FILE, MOST_FILES_IN_A_FOLDER, MOST_FILES_OF_LIB_ITSELF } from './rooms.ts';
import { isIn } from './rules.ts';
import { contains, parseSource, sourceFiles, type SourceFile } from './source-files.ts';

const all = sourceFiles('lib', 'functions', 'local', 'cdk');
const lib = all.filter(({ path }) => path.startsWith('lib/'));

describe('each thing has its room', () => {
  test('no room is one for everything', () => {
    const folders = ['lib', 'functions', 'local', 'test', 'cdk'].flatMap((folder) =>
      readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.parentPath.includes('node_modules'))
        .map(({ name }) => name),
    );
    expect(folders).toContain('sessions');
    expect(folders.filter((name) => /^(utils?|common|helpers?|types?|shared|misc|lib)$/i.test(name))).toEqual([]);
    expect(all.filter(({ path }) => /\/(utils?|common|helpers?|types)\.ts$/i.test(path))).toEqual([]);
  });

  test('no folder of lib has more files than somebody can look through', () => {
    const counts: Record<string, number> = {};
    for (const file of lib) {
      const folder = path.posix.dirname(file.path);
      counts[folder] = (counts[folder] ?? 0) + 1;
    }
    expect(counts.lib).toBeGreaterThan(0);
    expect(counts.lib).toBeLessThanOrEqual(MOST_FILES_OF_LIB_ITSELF);
    expect(Object.entries(counts).filter(([, count]) => count > MOST_FILES_IN_A_FOLDER)).toEqual([]);
  });
});

describe('each file', () => {
  test('of the project, tests included, has at most 250 lines', () => {
    const sources = [...all, ...sourceFiles('test')];
    expect(sources.filter(({ path }) => path.endsWith('.test.ts')).length).toBeGreaterThan(100);
    const long = sources.filter(({ lines }) => lines > MOST_LINES_OF_A_FILE).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  test('is named in kebab-case', () => {
    expect(all.filter(({ path }) => !/^([a-z0-9-]+\/)+[a-z0-9-]+(\.d)?\.ts$/.test(path))).toEqual([]);
  });

  test('of functions is 3 to 6 lines of imports and one handler, with no decision and nothing done on import', () => {
    const entries = all.filter(({ path }) => isIn('functions')(path));
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

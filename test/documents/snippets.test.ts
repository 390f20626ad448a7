import path from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { blocksOf, documents, PROJECT, readDocument } from './markdown.ts';

/** Each TypeScript block is a module of its own at the project's root, under a name that says where it stands. */
const snippets = new Map(
  documents.flatMap((name) =>
    blocksOf(readDocument(name))
      .filter(({ language }) => language === 'ts')
      .map(({ text }, index) => [path.join(PROJECT, `${name.replaceAll('/', '-')}-${index + 1}.ts`), text] as const),
  ),
);

const WRONG = path.join(PROJECT, 'wrong.ts');
const wrong = "import { createSessionManager } from 'agent-session-manager';\nawait createSessionManager().begin();\n";

/** What the compiler says of each module, by its name. All are in one program: most of its time goes into reading types. */
function problemsIn(modules: ReadonlyMap<string, string>): Record<string, string[]> {
  const { config } = ts.readConfigFile(path.join(PROJECT, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PROJECT);
  const host = ts.createCompilerHost(options);
  host.fileExists = (file) => modules.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => modules.get(file) ?? ts.sys.readFile(file);
  const program = ts.createProgram([...modules.keys()], options, host);
  const problems = (file: string) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
    );
  };
  return Object.fromEntries([...modules.keys()].map((file) => [path.basename(file), problems(file)]));
}

test('every TypeScript snippet of the documents compiles, and one that calls what is not there does not', () => {
  expect(snippets.size).toBeGreaterThan(2);
  const { 'wrong.ts': ofWrong, ...ofSnippets } = problemsIn(new Map([...snippets, [WRONG, wrong]]));
  expect(ofWrong).toEqual([expect.stringContaining("Property 'begin' does not exist")]);
  expect(ofSnippets).toEqual(Object.fromEntries([...snippets.keys()].map((file) => [path.basename(file), []])));
}, 120_000);

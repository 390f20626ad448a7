import path from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { operationDocs } from '../../lib/api/openapi/operation-docs.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import { routes } from '../../lib/api/routes.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const CLIENT = path.join(PROJECT, 'lib/api/client/session-manager-client.ts');

// A method of a client had no place that an editor could go to, and nothing to show.
test('an editor goes from a method of a client to the row of its operation, and shows what that says', () => {
  const { config } = ts.readConfigFile(path.join(PROJECT, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, PROJECT);
  const program = ts.createProgram([CLIENT], { ...options, types: [], noEmit: true });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(CLIENT) as ts.SourceFile) as ts.Symbol;
  const methodsOf = (client: string) => {
    const exported = checker.getExportsOfModule(module).find(({ name }) => name === client) as ts.Symbol;
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    return checker.getDeclaredTypeOfSymbol(symbol).getProperties();
  };
  const expected = {
    SessionManagerClient: Object.keys(operations),
    SessionManagerHttpClient: routes.map(({ operation }) => operation),
  };
  for (const [client, names] of Object.entries(expected)) {
    const methods = methodsOf(client).filter(({ name }) => Object.hasOwn(operations, name));
    expect(methods.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const method of methods) {
      const files = (method.declarations ?? []).map((declaration) =>
        path.basename(declaration.getSourceFile().fileName),
      );
      expect([method.name, files]).toEqual([method.name, [expect.stringMatching(/-operations\.ts$/)]]);
      const shown = ts.displayPartsToString(method.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ');
      expect(shown).toContain(operationDocs[method.name as OperationName].summary);
    }
  }
});

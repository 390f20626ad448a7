import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a source file takes from another: a file of the project by its path (`lib/errors.ts`), or a package by its name. */
export interface Import {
  from: string;
  isPackage: boolean;
  /** Gone at run time. */
  typeOnly: boolean;
}

/** A source file, as far as the tests of the project's structure look into it. */
export interface SourceFile {
  /** From the project's root, with forward slashes. */
  path: string;
  lines: number;
  imports: Import[];
  /** Names, texts and numbers in the code; comments have none. */
  words: string[];
  syntax: ts.SourceFile;
}

/** Every TypeScript file below the given folders of the project. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.split(path.sep).includes('node_modules'))
      .map((name) => {
        const file = `${folder}/${name.replaceAll(path.sep, '/')}`;
        return parseSource(file, readFileSync(path.join(ROOT, file), 'utf8'));
      }),
  );
}

export function parseSource(file: string, text: string): SourceFile {
  const syntax = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const words: string[] = [];
  const note = (specifier: ts.Expression | undefined, typeOnly: boolean) => {
    if (!specifier) return;
    // What is computed may lead anywhere: it is no file of the project, which a test says.
    if (!ts.isStringLiteralLike(specifier)) return void imports.push({ from: '?', isPackage: false, typeOnly });
    const isPackage = !specifier.text.startsWith('.');
    const from = isPackage ? specifier.text : path.posix.join(path.posix.dirname(file), specifier.text);
    imports.push({ from, isPackage, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return note(node.moduleSpecifier, isTypeOnly(node.importClause));
    if (ts.isExportDeclaration(node)) note(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      note(node.arguments[0], false);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      note(node.argument.literal, true);
    }
    if (isBound(node)) return;
    if (ts.isIdentifier(node) || ts.isLiteralExpression(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      words.push(node.text);
    } else if (ts.isTemplateHead(node)) words.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  return { path: file, lines: text.split('\n').length - 1, imports, words, syntax };
}

/** A number that has a name, and not that of a status: `const MAX_OPEN = 500`. */
function isBound(node: ts.Node): boolean {
  if (!ts.isNumericLiteral(node)) return false;
  const { parent } = node;
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return isNamed && !/status/i.test(parent.name.getText());
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const { name, namedBindings } = clause;
  if (name || !namedBindings || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.every((element) => element.isTypeOnly);
}

/** Whether a node of this kind is anywhere in the file. */
export function contains(file: SourceFile, kind: ts.SyntaxKind): boolean {
  const find = (node: ts.Node): boolean => node.kind === kind || (ts.forEachChild(node, find) ?? false);
  return find(file.syntax);
}

import ts from 'typescript';
import { replacementsOf } from './expression-mutations.ts';
import { SWITCH, type Mutant } from './mutant.ts';
import { isEntry, isLeftOut, isLoopBody, isSpread, isTold } from './statement-mutations.ts';

export interface Instrumented {
  mutants: Mutant[];
  /** The source with all its mutants, each behind a question to the switch. */
  text: string;
}

/** Puts every mutant of a source next to what it replaces. */
export function instrument(file: string, source: string): Instrumented {
  return new Instrumentation(file, source).run();
}

class Instrumentation {
  private readonly mutants: Mutant[] = [];
  private readonly file: string;
  private readonly source: ts.SourceFile;

  constructor(file: string, source: string) {
    this.file = file;
    this.source = ts.createSourceFile(file, source, ts.ScriptTarget.ES2024, true);
  }

  run(): Instrumented {
    return { text: this.render(this.source), mutants: this.mutants };
  }

  private render(node: ts.Node): string {
    if (isKept(node)) return this.plain(node);
    const text = this.ofStatement(node) ?? this.ofExpression(node);
    return isEntry(node) ? `...(${this.ask(node, '')} ? [] : [${text}])` : text;
  }

  private ofStatement(node: ts.Node): string | undefined {
    if (isLeftOut(node)) return `{ if (!${this.ask(node, '')}) { ${this.children(node)} } }`;
    if (isLoopBody(node)) {
      const round = `if (${this.askAt(node.parent, headOf(node.parent), 'one round only')}) break; `;
      return `${this.children(node).slice(0, -1)}${round}}`;
    }
    if (isSpread(node)) {
      const question = this.ask(node, '');
      const nothing = ts.isSpreadElement(node) ? '[]' : '{}';
      return `...(${question} ? ${nothing} : ${this.render(node.expression)})`;
    }
    return undefined;
  }

  private ofExpression(node: ts.Node): string {
    if (!isWhole(node)) return this.children(node);
    const questions = replacementsOf(node).map((after) => `${this.ask(node, after)} ? ${after} : `);
    const text = this.children(node);
    return questions.length === 0 ? text : `(${questions.join('')}(${text}))`;
  }

  /** The text of a node, with its children instrumented. */
  private children(node: ts.Node): string {
    let text = '';
    let from = node.getStart(this.source);
    ts.forEachChild(node, (child) => {
      const start = child.getStart(this.source);
      text += this.source.text.slice(from, start) + this.render(child);
      from = child.end;
    });
    return text + this.source.text.slice(from, node.end);
  }

  private plain(node: ts.Node): string {
    return node.getText(this.source);
  }

  private ask(node: ts.Node, after: string): string {
    return this.askAt(node, this.plain(node), after);
  }

  private askAt(node: ts.Node, before: string, after: string): string {
    const id = `${this.file}#${this.mutants.length}`;
    const line = this.source.getLineAndCharacterOfPosition(node.getStart(this.source)).line + 1;
    this.mutants.push({ id, file: this.file, line, before: oneLine(before), after: oneLine(after) });
    return `globalThis.${SWITCH}('${id}')`;
  }
}

/** An expression that may stand in parentheses: in a chain with `?.`, what comes after it would run too then. */
function isWhole(node: ts.Node): node is ts.Expression {
  const { parent } = node;
  const isChained = parent && ts.isOptionalChain(parent) && parent.expression === node && ts.isOptionalChain(node);
  return ts.isExpression(node) && !isChained;
}

/** Types, imports, and what only people read. */
function isKept(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  const isMessage = ts.isTemplateExpression(node) && ts.isNewExpression(node.parent);
  return ts.isImportDeclaration(node) || isMessage || isTold(node);
}

const headOf = (node: ts.Node): string => node.getText().split('\n', 1)[0] as string;

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

import ts from 'typescript';

/** A call of these is a line of the log or a metric. */
const IS_TOLD = /^(await )?(this\.)?(uses\.)?(log|metrics)\./;

export const isTold = (node: ts.Node): boolean => ts.isExpressionStatement(node) && IS_TOLD.test(node.getText());

/** A statement that may be left out: a call, awaited or not, or a change of a value. */
export function isLeftOut(node: ts.Node): node is ts.ExpressionStatement {
  if (!ts.isExpressionStatement(node)) return false;
  const { parent } = node;
  const block = ts.isBlock(parent) && parent.statements.length === 1 ? parent.parent : parent;
  // The same as a condition that never holds.
  const isWholeBranch = ts.isIfStatement(block) && block.elseStatement === undefined;
  const isOfConstructor = ts.isBlock(parent) && ts.isConstructorDeclaration(parent.parent);
  return !isWholeBranch && !isOfConstructor;
}

/** The body of a loop, which may end after one pass. */
export function isLoopBody(node: ts.Node): node is ts.Block {
  const { parent } = node;
  if (!ts.isBlock(node)) return false;
  const loops = ts.isForOfStatement(parent) || ts.isForStatement(parent) || ts.isWhileStatement(parent);
  return loops && parent.statement === node;
}

/** What an object or a list has from another one, which may be left out. */
export const isSpread = (node: ts.Node): node is ts.SpreadElement | ts.SpreadAssignment =>
  ts.isSpreadElement(node) || ts.isSpreadAssignment(node);

/** An entry of a list of several, which may be left out. */
export function isEntry(node: ts.Node): node is ts.Expression {
  const { parent } = node;
  if (!parent || !ts.isArrayLiteralExpression(parent) || parent.elements.length < 2) return false;
  const isTarget = ts.isBinaryExpression(parent.parent) && parent.parent.left === parent;
  return !isTarget && !isPair(parent) && !ts.isSpreadElement(node);
}

/** A key with its value, of a map: half of it fails everywhere. */
function isPair(list: ts.ArrayLiteralExpression): boolean {
  const within = ts.isAsExpression(list.parent) ? list.parent.parent : list.parent;
  return list.elements.length === 2 && (ts.isArrowFunction(within) || ts.isArrayLiteralExpression(within));
}

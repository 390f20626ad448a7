import ts from 'typescript';

const SWAPPED = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PercentToken, '*'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
]);

/** Methods that a list passes through: without them it stays as it is. */
const LEFT_OUT = new Set(['filter', 'slice', 'toSorted', 'toReversed', 'catch', 'finally']);
const REPLACED = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['floor', 'ceil'],
  ['ceil', 'floor'],
]);

/** How DynamoDB's conditions begin; no other text of these sources does. */
const IS_CONDITION = /^(attribute_(not_)?exists\(|#?[a-zA-Z]+ (=|<>|<=?|>=?) [:#a-z])/;
const ALWAYS = 'attribute_exists(pk) OR attribute_not_exists(pk)';

/** What may stand in place of an expression. */
export function replacementsOf(node: ts.Expression): string[] {
  const text = node.getText();
  if (isTested(node)) return tested(node);
  if (ts.isBinaryExpression(node)) return binary(node);
  if (ts.isCallExpression(node)) return called(node);
  if (ts.isPrefixUnaryExpression(node)) return prefixed(node);
  if (isDefault(node)) return ['undefined'];
  if (ts.isStringLiteral(node) && IS_CONDITION.test(node.text)) return conditions(node.text);
  if (isFlag(node)) return [text === 'true' ? 'false' : 'true'];
  if (isLimit(node)) return [`(${text} + 1)`];
  return [];
}

/** A condition of a write that always holds, or that holds for one value more or less. */
function conditions(text: string): string[] {
  const moved = text.replace(/ (<=?|>=?) /, (_, sign: string) => ` ${sign.endsWith('=') ? sign[0] : `${sign}=`} `);
  return [`'(${text} OR ${ALWAYS})'`, ...(moved === text ? [] : [`'${moved}'`])];
}

/** A condition holds always, or never. One of several parts has those of its parts instead. */
function tested(node: ts.Expression): string[] {
  const { parent } = node;
  if (ts.isWhileStatement(parent) || ts.isDoStatement(parent) || ts.isForStatement(parent)) return ['false'];
  if (!ts.isBinaryExpression(node)) return ['true', 'false'];
  const kind = node.operatorToken.kind;
  if (isLogical(kind)) return binary(node);
  return isEquality(kind) ? ['true', 'false'] : ['true', 'false', ...binary(node)];
}

const isLogical = (kind: ts.SyntaxKind): boolean =>
  kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken;

function isTested(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent) || ts.isDoStatement(parent)) {
    return parent.expression === node;
  }
  return (ts.isConditionalExpression(parent) || ts.isForStatement(parent)) && parent.condition === node;
}

function isEquality(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken;
}

function binary(node: ts.BinaryExpression): string[] {
  const { left, operatorToken, right } = node;
  const kind = operatorToken.kind;
  if (kind === ts.SyntaxKind.QuestionQuestionToken) return [left.getText()];
  const other = SWAPPED.get(kind);
  const isOfTexts = kind === ts.SyntaxKind.PlusToken && (isText(left) || isText(right));
  // `condition && { some: entries }` has mutants of its condition; a duration is for people.
  const isLeft = ts.isObjectLiteralExpression(right) || /^performance\.now\(\) - /.test(node.getText());
  if (other === undefined || isOfTexts || isLeft) return [];
  return [`${grouped(left)} ${other} ${grouped(right)}`];
}

const grouped = (node: ts.Expression): string =>
  ts.isBinaryExpression(node) || ts.isConditionalExpression(node) ? `(${node.getText()})` : node.getText();

const isText = (node: ts.Expression): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

function called(node: ts.CallExpression): string[] {
  const callee = node.expression;
  if (!ts.isPropertyAccessExpression(callee)) return [];
  const { name, expression } = callee;
  if (LEFT_OUT.has(name.text)) return [expression.getText()];
  const other = REPLACED.get(name.text);
  const rest = node.getText().slice(name.end - node.getStart());
  return other === undefined ? [] : [`${expression.getText()}.${other}${rest}`];
}

function prefixed(node: ts.PrefixUnaryExpression): string[] {
  const isSign = node.operator === ts.SyntaxKind.ExclamationToken || node.operator === ts.SyntaxKind.MinusToken;
  return isSign ? [node.operand.getText()] : [];
}

function isDefault(node: ts.Expression): boolean {
  const { parent } = node;
  return (ts.isParameter(parent) || ts.isBindingElement(parent)) && parent.initializer === node;
}

function isFlag(node: ts.Expression): boolean {
  return node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword;
}

/** How many DynamoDB or a caller may have. Other constants are settings: their exact value is nothing to test. */
function isLimit(node: ts.Expression): boolean {
  const { parent } = node;
  return ts.isNumericLiteral(node) && ts.isVariableDeclaration(parent) && /BATCH|^MOST/.test(parent.name.getText());
}

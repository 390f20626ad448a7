import { ERRORS } from '../../lib/error-catalogue.ts';
import type { HttpResult } from '../../lib/api/http-answer/http-result.ts';
import type { OperationName } from '../../lib/api/operations.ts';
import { routes } from '../../lib/api/routes.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import type { FuzzRequest } from './fuzz-requests.ts';

/** What only we may know: stacks, paths of the machine, messages of AWS, of Node and of the engine. */
const OURS =
  /\bat \S+ \(|\.ts:\d|node_modules|node:internal|\/proc\/self|\/tmp\/|arn:aws|amazonaws|DynamoDB|smithy|\w(Exception|TypeError|RangeError|SyntaxError)\b|Cannot read|is not a function|is not iterable|\bE(NOENT|ACCES|PERM|EXIST|NOTDIR|ISDIR|INVAL|CONNREFUSED|NAMETOOLONG|LOOP)\b/;

/** Failures of what a request leads to, which these operations state. */
const STATED: Partial<Record<OperationName, ErrorCode[]>> = {
  addMcpClient: ['MCP_CONNECTION'],
  listMcpTools: ['MCP_CONNECTION'],
  callMcpTool: ['MCP_CONNECTION'],
  grantWorkspaceAccess: ['NOT_AVAILABLE'],
  revokeWorkspaceAccess: ['NOT_AVAILABLE'],
};

/** An answer's verdict: whether it went well, and what is wrong with it. */
export interface Verdict {
  ok: boolean;
  problems: string[];
}

export function judge(request: FuzzRequest, answer: unknown): Verdict {
  if (typeof answer !== 'object' || answer === null) return { ok: false, problems: [`answered ${String(answer)}`] };
  if ('statusCode' in answer) return judgeHttp(request, answer as HttpResult);
  return judgeInvocation(request, answer);
}

function judgeHttp({ operation, event }: FuzzRequest, answer: HttpResult): Verdict {
  const isHead = String((event as { routeKey?: unknown } | null)?.routeKey).startsWith('HEAD ');
  const { statusCode = 0, headers = {}, body = '' } = answer;
  if (statusCode < 400) {
    const known = routes.filter((route) => route.operation === operation).flatMap(statusesOf);
    return { ok: true, problems: known.includes(statusCode) ? [] : [`answered with ${statusCode}`] };
  }
  if (isHead) {
    const code = headers['error-code'];
    const isRefusal = body === '' && ERRORS[code as ErrorCode]?.status === statusCode;
    const problems = isRefusal ? [] : [`is no refusal of HEAD: ${JSON.stringify(answer)}`];
    return { ok: false, problems: [...problems, ...problemsOfRefusal(operation, code, JSON.stringify(headers))] };
  }
  const problem = JSON.parse(body) as Record<string, unknown>;
  const { status, title } = ERRORS[problem.code as ErrorCode] ?? {};
  const isProblem =
    headers['content-type'] === 'application/problem+json' &&
    problem.status === statusCode &&
    status === statusCode &&
    problem.title === title &&
    [problem.type, problem.detail, problem.requestId].every((text) => typeof text === 'string' && text !== '');
  return {
    ok: false,
    problems: [
      ...(isProblem ? [] : [`is no problem document: ${body}`]),
      ...problemsOfRefusal(operation, problem.code, body),
    ],
  };
}

type Invoked = { ok?: unknown; output?: unknown; error?: { code?: unknown; message?: unknown; details?: unknown } };

function judgeInvocation({ operation }: FuzzRequest, { ok, output, error }: Invoked): Verdict {
  if (ok === true) return { ok, problems: output === undefined ? ['has no output'] : [] };
  const { code, message, details } = error ?? {};
  const isError =
    ok === false &&
    String(code) in ERRORS &&
    typeof message === 'string' &&
    typeof details === 'object' &&
    details !== null;
  const text = JSON.stringify(error);
  return {
    ok: false,
    problems: [...(isError ? [] : [`is no error: ${text}`]), ...problemsOfRefusal(operation, code, text)],
  };
}

function problemsOfRefusal(operation: OperationName | undefined, code: unknown, text: string): string[] {
  const isFailure = (ERRORS[code as ErrorCode]?.status ?? 500) >= 500;
  const isStated = operation !== undefined && STATED[operation]?.includes(code as ErrorCode);
  const [leak] = OURS.exec(text) ?? [];
  return [
    ...(isFailure && !isStated ? [`failed with ${String(code)}`] : []),
    ...(leak === undefined ? [] : [`tells "${leak}": ${text}`]),
  ];
}

type Statuses = (typeof routes)[number];
const statusesOf = ({ status, statusIfExisted, statusIfPartial, statusIfUnmodified }: Statuses) => [
  status,
  statusIfExisted,
  statusIfPartial,
  statusIfUnmodified,
];

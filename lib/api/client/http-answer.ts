import { ERRORS } from '../../error-catalogue.ts';
import { SessionManagerError, type ErrorCode } from '../../errors.ts';
import { parseJson } from '../../json/json-text.ts';
import { errorOfCode } from './error-of-code.ts';
import { formOfHeader } from '../http-answer/header-forms.ts';
import type { Route } from '../../operations/route.ts';

/** An answer as it came. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** What answered is not this API, or one that has other answers. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}

/** What the gateway itself refuses with a body of its own, by status. */
const codeOfGateway: Readonly<Record<number, ErrorCode>> = {
  400: 'VALIDATION',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_AVAILABLE',
  413: 'FILE_TOO_LARGE',
  429: 'CONTENTION',
  500: 'INTERNAL',
  503: 'CONTENTION',
  504: 'INTERNAL',
};

/** An operation's output; throws the error that the operation threw, with the request's id among its details. */
export function outputOf(route: Route, { status, headers, body }: HttpAnswer): unknown {
  if (status >= 400) throw errorOf(status, headers, body);
  const { statusIfExisted, statusIfPartial, statusIfUnmodified } = route;
  if (![route.status, statusIfExisted, statusIfPartial, statusIfUnmodified].includes(status)) {
    throw new UnexpectedAnswerError(`The server answered ${status}, which is no answer of this API.`);
  }
  const stated = Object.entries(route.answerHeaders ?? {}).flatMap(([header, field]) => {
    const value = headers.get(header);
    return value === null ? [] : [[field, formOfHeader(header).read(value)]];
  });
  const hasBody = !route.headersOnly && ![204, 304].includes(status);
  const read = hasBody ? outputInBody(route, body) : null;
  return stated.length > 0 ? { ...read, ...(Object.fromEntries(stated) as object) } : read;
}

function outputInBody({ rawAnswer }: Route, body: Buffer): object | null {
  if (rawAnswer !== undefined) return { [rawAnswer]: body.toString('base64') };
  const read = parsed(body);
  if (typeof read !== 'object') throw new UnexpectedAnswerError('The server answered with something other than JSON.');
  return read;
}

/** What a problem document has in addition to the details. */
const DOCUMENT_FIELDS: ReadonlySet<string> = new Set(['type', 'title', 'status', 'code', 'detail']);

/** The refusal or failure that an answer tells. */
export function errorOf(status: number, headers: Headers, body: Buffer): Error {
  const document: Record<string, unknown> = { ...headRefusal(headers), ...parsed(body) };
  const { code, detail, message } = document;
  if (isErrorCode(code)) {
    const details = Object.entries(document).filter(([name]) => !DOCUMENT_FIELDS.has(name));
    return errorOfCode(code, typeof detail === 'string' ? detail : '', Object.fromEntries(details));
  }
  const gatewayCode = codeOfGateway[status];
  if (gatewayCode === undefined || typeof message !== 'string') {
    const what =
      typeof code === 'string' ? `${code.slice(0, 100)}, which this version does not know` : 'in a way of its own';
    return new UnexpectedAnswerError(`The server answered ${status} ${what}.`);
  }
  const requestId = headers.get('apigw-requestid');
  const details = { gatewayStatus: status, ...(requestId !== null && { requestId }) };
  return new SessionManagerError(gatewayCode, message, details);
}

/** An answer to a HEAD request has no body: what it would say is said in headers. */
function headRefusal(headers: Headers): object {
  const code = headers.get('error-code');
  return isErrorCode(code) ? { code, detail: `${ERRORS[code].title}.`, requestId: headers.get('request-id') } : {};
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);

function parsed(body: Buffer): object | null | undefined {
  try {
    const read: unknown = parseJson(body.toString('utf8'));
    return typeof read === 'object' ? read : undefined;
  } catch {
    return undefined;
  }
}

import type { Answer } from '../../operations/operation.ts';
import type { Route } from '../../operations/route.ts';
import type { HttpResult } from './http-result.ts';
import { formOfHeader } from './header-forms.ts';

/** No cache keeps what belongs to a caller. A route has another value where a browser may keep it. */
export const NO_STORE = { 'cache-control': 'no-store' };
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);
/** Whatever an agent has made, a browser shows none of it as a page of ours. */
const RAW = { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' };

/** The answer of an operation that went well. */
export function answerOfOutput(route: Route, answer: Answer<unknown>, isOfCaller: boolean): HttpResult {
  const { output } = answer;
  const statusCode = statusOf(route, answer);
  const headers = { ...(isOfCaller && NO_STORE), ...route.fixedHeaders, ...toldHeaders(route, output) };
  if (WITHOUT_BODY.has(statusCode)) return { statusCode, headers: withoutLength(headers) };
  if (route.headersOnly) return { statusCode, headers: { ...RAW, ...headers } };
  if (route.rawAnswer !== undefined) {
    const body = (output as Record<string, string>)[route.rawAnswer] ?? '';
    return { statusCode, headers: { ...RAW, ...headers }, body, isBase64Encoded: true };
  }
  const location = route.location && { location: filledIn(route.location, output) };
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...location, ...headers },
    body: JSON.stringify(output),
  };
}

function statusOf(route: Route, { existed, partial, unmodified }: Answer<unknown>): number {
  const { status, statusIfExisted, statusIfPartial, statusIfUnmodified } = route;
  return (existed && statusIfExisted) || (partial && statusIfPartial) || (unmodified && statusIfUnmodified) || status;
}

function toldHeaders({ answerHeaders = {} }: Route, output: unknown): Record<string, string> {
  const values = (output ?? {}) as Record<string, string | number | undefined>;
  return Object.fromEntries(
    Object.entries(answerHeaders).flatMap(([header, field]) => {
      const value = values[field];
      return value === undefined ? [] : [[header, formOfHeader(header).write(value)]];
    }),
  );
}

const withoutLength = ({ 'content-length': _length, ...headers }: Record<string, string>) => headers;

/** A path with the fields of the output in their places. */
const filledIn = (path: string, output: unknown): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, field: string) => String((output as Record<string, unknown>)[field]));

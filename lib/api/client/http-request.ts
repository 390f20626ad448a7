import { ValidationError } from '../../errors.ts';
import { asJson } from './client-input.ts';
import type { NamedRoute } from '../routes.ts';

/** A request as it leaves. Its headers have lower-case names. */
export interface HttpRequest {
  method: string;
  /** Path and query, from the API's own root. */
  target: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

/** An operation's flat input, laid out as its route wants it: in path, query, headers and body. */
export function requestOf(route: NamedRoute, input: Readonly<Record<string, unknown>>): HttpRequest {
  const { method, query, body: bodyFields, rawBody } = route;
  let { path } = route;
  const search: string[] = [];
  const headers: Record<string, string> = {};
  const json: Record<string, unknown> = {};
  let bytes: Buffer | undefined;
  let contentType: string | undefined;
  for (const [field, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const text = () => textOf(field, value);
    const header = route.headers?.[field];
    if (path.includes(`{${field}}`)) path = path.replace(`{${field}}`, () => segmentOf(field, text()));
    else if (query && field in query) search.push(`${field}=${encoded(field, text())}`);
    else if (header !== undefined) headers[header] = headerValue(header, text());
    else if (route.contentTypes?.[field] !== undefined) contentType = typeSaid(field, value, route.contentTypes[field]);
    else if (field === rawBody) bytes = Buffer.from(text(), 'base64');
    else if (bodyFields?.includes(field)) json[field] = value;
    else throw ValidationError.at(field, `is nothing that ${route.operation} takes`);
  }
  const [, missing] = /\{(\w+)\}/.exec(path) ?? [];
  if (missing !== undefined) throw ValidationError.at(missing, 'is needed');
  if (bytes) headers['content-type'] = 'application/octet-stream';
  else if (bodyFields) headers['content-type'] = contentType ?? 'application/json';
  return {
    method,
    target: search.length > 0 ? `${path}?${search.join('&')}` : path,
    headers,
    body: bytes ?? (bodyFields && asJson(json)),
  };
}

/** The content type that says a field which is true. */
function typeSaid(field: string, value: unknown, contentType: string): string | undefined {
  if (typeof value !== 'boolean') throw ValidationError.at(field, 'must be a boolean');
  return value ? contentType : undefined;
}

function segmentOf(field: string, text: string): string {
  // A dot segment would be taken away on the way, and the request be another.
  if (text === '' || text === '.' || text === '..') throw ValidationError.at(field, 'cannot stand in a path');
  return encoded(field, text);
}

/** RFC 3986, to the letter: a signature is over what is sent. */
function encoded(field: string, text: string): string {
  if (!text.isWellFormed()) throw ValidationError.at(field, 'must be well-formed Unicode');
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function headerValue(header: string, text: string): string {
  if (/[^\x20-\x7e]/.test(text)) throw ValidationError.at(header, 'must be ASCII');
  return text;
}

/** In JSON it would be for the server to refuse; elsewhere it would arrive as a text: `null`, say. */
function textOf(field: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' && typeof value !== 'boolean') throw ValidationError.at(field, 'must be a string');
  return String(value);
}

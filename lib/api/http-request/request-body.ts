import { UnsupportedMediaTypeError, ValidationError } from '../../errors.ts';
import type { Route } from '../../operations/route.ts';
import type { HttpEvent } from '../http-event.ts';
import { NestedTooDeeplyError, parseJson, utf8Of } from '../../json/json-text.ts';
import { isJsonObject } from '../../json/raw-json.ts';
import { headerOf, singleHeader } from './header-fields.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/** The fields of an input that travel in the body. */
export function bodyFields({ body: fields, rawBody }: Route, event: HttpEvent): Record<string, unknown> {
  if (rawBody === undefined && fields === undefined) return {};
  checkEncoding(event.headers);
  if (rawBody !== undefined) return { [rawBody]: base64Of(event) };
  const body = jsonOf(event);
  if (!isJsonObject(body)) throw ValidationError.at('', 'The body must be a JSON object');
  refuseUnknown(Object.keys(body), fields ?? [], 'is not a known field');
  return body;
}

/** What is compressed would be stored as it is, or be no JSON. */
function checkEncoding(headers: HttpEvent['headers']): void {
  const encoding = headerOf(headers, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') throw new UnsupportedMediaTypeError();
  singleHeader(headers, 'content-type');
}

function base64Of({ body: sent, isBase64Encoded }: HttpEvent): string {
  const body = sent ?? '';
  if (isBase64Encoded) return body;
  // What the gateway took for text and could not read: the bytes are lost.
  if (body.includes('\uFFFD')) throw ValidationError.at('content-type', 'must be application/octet-stream');
  return Buffer.from(body, 'utf8').toString('base64');
}

function jsonOf({ body = '', isBase64Encoded }: HttpEvent): unknown {
  try {
    const text = isBase64Encoded ? utf8Of(Buffer.from(body, 'base64')) : body;
    return text.trim() === '' ? {} : parseJson(text);
  } catch (thrown) {
    const isNesting = thrown instanceof NestedTooDeeplyError;
    throw ValidationError.at('', isNesting ? 'is nested too deeply' : 'The body is not JSON in UTF-8');
  }
}

import { ValidationError } from '../../errors.ts';
import type { HttpEvent } from '../http-event.ts';

/**
 * The parameters of the query, each of which takes one value. From the query as it was sent: in `queryStringParameters`
 * the gateway joins the values of a repeated parameter with commas, and whatever is not UTF-8 becomes one name.
 */
export function queryParameters({
  rawQueryString,
  queryStringParameters,
}: HttpEvent): Record<string, string | undefined> {
  // An event made by hand may have the parameters alone.
  if (!rawQueryString) return queryStringParameters ?? {};
  const parameters = new Map<string, string>();
  for (const pair of rawQueryString.split('&')) {
    if (pair === '') continue;
    const [, encodedName = '', encodedValue = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const name = decoded(encodedName, '');
    if (parameters.has(name)) throw ValidationError.at(name, 'must be given once');
    parameters.set(name, decoded(encodedValue, name));
  }
  return Object.fromEntries(parameters);
}

function decoded(text: string, name: string): string {
  try {
    if (/^[\x21-\x7e]*$/.test(text)) return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Refused below, with what is not ASCII.
  }
  throw ValidationError.at(name, 'must be percent-encoded UTF-8');
}

import type { Route } from '../../operations/route.ts';
import type { HttpEvent } from '../http-event.ts';
import { parseJson } from '../../json/json-text.ts';
import { headerFields } from './header-fields.ts';
import { queryParameters } from './query-parameters.ts';
import { refuseUnknown } from './refuse-unknown.ts';
import { bodyFields } from './request-body.ts';

/** Path, query, body and headers, flat. What the route does not name in one of them cannot come in by it. */
export function inputOfEvent(route: Route, event: HttpEvent): Record<string, unknown> {
  return {
    ...bodyFields(route, event),
    ...queryFields(route, queryParameters(event)),
    ...headerFields(route, event.headers),
    ...contentTypeFields(route, event.headers),
    ...event.pathParameters,
  };
}

function queryFields({ query = {} }: Route, parameters: Record<string, string | undefined>): Record<string, unknown> {
  refuseUnknown(Object.keys(parameters), Object.keys(query), 'is not a known query parameter');
  return Object.fromEntries(
    Object.entries(parameters).map(([name, text]) => [name, readAs[query[name] ?? 'string'](text)]),
  );
}

/** Text that is not what it should be is left as it is, for the schema to say so. */
const readAs: Readonly<Record<'string' | 'number' | 'boolean', (text: string | undefined) => unknown>> = {
  string: (text) => text,
  number: numberOf,
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

function numberOf(text: string | undefined): unknown {
  const [, sign = '', digits] = /^(-?)0*(\d+(?:\.\d+)?)$/.exec(text ?? '') ?? [];
  return digits === undefined ? text : parseJson(sign + digits);
}

/** What the content type of the body says, whatever its parameters. */
function contentTypeFields({ contentTypes = {} }: Route, { 'content-type': received }: HttpEvent['headers']) {
  const [type = ''] = ((received as string | null | undefined) ?? '').toLowerCase().split(';');
  const fields = Object.entries(contentTypes).filter(([, one]) => one === type.trim());
  return Object.fromEntries(fields.map(([field]) => [field, true]));
}

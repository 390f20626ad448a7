import { ValidationError } from '../../errors.ts';
import type { Route } from '../../operations/route.ts';
import type { HttpEvent } from '../http-event.ts';

/** A list may be sent in several headers, and a date has a comma. The operation refuses what is neither. */
const MAY_HAVE_COMMAS: ReadonlySet<string> = new Set(['if-match', 'if-none-match', 'if-range', 'range']);

/** The fields of an input that travel in headers. */
export function headerFields({ headers = {} }: Route, received: HttpEvent['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([field, header]) => {
      const value = MAY_HAVE_COMMAS.has(header) ? headerOf(received, header) : singleHeader(received, header);
      if (value === undefined) return [];
      if (/[^\x20-\x7e]/.test(value)) throw ValidationError.at(header, 'must be ASCII');
      return [[field, value]];
    }),
  );
}

/** A header that takes one value: the gateway joins those of a repeated header with commas. */
export function singleHeader(received: HttpEvent['headers'], name: string): string | undefined {
  const value = headerOf(received, name);
  if (value?.replaceAll(/"[^"]*"/g, '').includes(',')) {
    throw ValidationError.at(name, 'must be given once, without a comma outside of quotes');
  }
  return value;
}

/** A value that is null is none: it would be read as the text `null`. */
export function headerOf(received: HttpEvent['headers'], name: string): string | undefined {
  const value: string | null | undefined = received[name];
  return value ?? undefined;
}

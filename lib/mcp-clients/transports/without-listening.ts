import type { Fetch } from './guarded-fetch.ts';

/** As a server answers that offers no such stream. */
const NOT_OFFERED = { status: 405 };

/**
 * Without the stream that the SDK opens after each initialization, for messages that answer no request: a client that
 * connects for one call needs none of them. Streams that answer a request are resumed as ever.
 */
export function withoutListening(fetch: Fetch): Fetch {
  return async (url, init) => (isListening(init) ? new Response(null, NOT_OFFERED) : fetch(url, init));
}

function isListening({ method, headers }: RequestInit = {}): boolean {
  const asked = new Headers(headers);
  return method === 'GET' && asked.get('accept') === 'text/event-stream' && !asked.has('last-event-id');
}

import { MODERN_MODES } from './modern-modes.ts';
import { eventOf, sendEvents, sendJson, type Exchange, type HttpMode } from './wild-server.ts';

/** Answers what names a session that the server has forgotten. */
const forgotten =
  (answer: (exchange: Exchange) => unknown): HttpMode =>
  (exchange) => {
    const { rpc, isKnown } = exchange;
    if (rpc === undefined || rpc.method === 'initialize' || isKnown) return false;
    answer(exchange);
    return true;
  };
const forgottenWithStatus = (status: number, body = '') =>
  forgotten(({ response }) => response.writeHead(status).end(body));
const forgottenWithError = (code: number, message: string, status = 200) =>
  forgotten(({ response, rpc }) =>
    sendJson(response, { jsonrpc: '2.0', id: rpc?.id, error: { code, message } }, {}, status),
  );

/** Answers calls, or the second alone, after they were executed. */
const inCalls =
  (answer: (exchange: Exchange, result: object) => unknown): HttpMode =>
  (exchange) => {
    if (exchange.call === undefined) return false;
    answer(exchange, exchange.execute());
    return true;
  };
const inSecondCall =
  (answer: (exchange: Exchange) => unknown): HttpMode =>
  (exchange) => {
    if (exchange.call !== 2) return false;
    answer(exchange);
    return true;
  };
const secondCallWithStatus = (status: number) => inSecondCall(({ response }) => response.writeHead(status).end());

const inInitialization =
  (answer: (exchange: Exchange) => unknown): HttpMode =>
  (exchange) => {
    if (exchange.rpc?.method !== 'initialize') return false;
    answer(exchange);
    return true;
  };

const notification = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };
const NOT_KNOWN = 'Bad Request: No valid session ID provided';

/** A stream with event ids that ends before its answer, which comes on the resumed one, at the nth attempt. */
function resumable(attempts: number): HttpMode {
  let left = attempts;
  let answer: object | undefined;
  return ({ incoming, response, call, execute }) => {
    if (call !== undefined) {
      answer = execute();
      left = attempts;
      return sendEvents(response, ['retry: 100\n\n', eventOf(notification, `${call}`)]);
    }
    if (incoming.headers['last-event-id'] === undefined) return false;
    return sendEvents(response, --left === 0 ? [eventOf(answer)] : [': not yet\n\n']);
  };
}

/** What a server does wrong as an HTTP server. */
export const HTTP_MODES = {
  ...MODERN_MODES,
  'forgotten: 404': forgottenWithStatus(404),
  'forgotten: 410': forgottenWithStatus(410),
  'forgotten: 400 that says so': forgottenWithStatus(400, 'Invalid session ID'),
  'forgotten: 400 with an error that says so': forgottenWithError(-32000, NOT_KNOWN, 400),
  'forgotten: 400 that says nothing': forgottenWithStatus(400),
  'forgotten: 401': forgottenWithStatus(401),
  'forgotten: 403': forgottenWithStatus(403),
  'forgotten: 429': forgottenWithStatus(429),
  'forgotten: 500': forgottenWithStatus(500),
  'forgotten: 502': forgottenWithStatus(502),
  'forgotten: 503': forgottenWithStatus(503),
  'forgotten: 503 with an error that says so': forgottenWithError(-32000, 'Session has expired', 503),
  'forgotten: an error that says so': forgottenWithError(-32001, 'Session not found'),
  'forgotten: an error that says so, with another code': forgottenWithError(-32603, 'unknown session'),
  'forgotten: an error that says so, in a stream': forgotten(({ response, rpc }) =>
    sendEvents(response, [
      eventOf({ jsonrpc: '2.0', id: rpc?.id, error: { code: -32600, message: 'Unknown session' } }),
    ]),
  ),
  'forgotten: an error without an id': forgotten(({ response }) =>
    sendJson(response, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Server not initialized' } }),
  ),
  'forgotten: an error that says nothing': forgottenWithError(-32600, 'Invalid Request'),
  'forgotten: no answer': forgotten(() => undefined),
  'forgotten: a reset': forgotten(({ response }) => response.socket?.resetAndDestroy()),
  'forgotten: an empty stream': forgotten(({ response }) => sendEvents(response, [])),

  'one call: 400': secondCallWithStatus(400),
  'one call: 401': secondCallWithStatus(401),
  'one call: 429': secondCallWithStatus(429),
  'one call: 503': secondCallWithStatus(503),
  'one call: an error that may mean the session': inSecondCall(({ response, rpc }) =>
    sendJson(response, {
      jsonrpc: '2.0',
      id: rpc?.id,
      error: { code: -32000, message: 'Session not found in the browser' },
    }),
  ),
  'one call: 503 whose body never ends': inSecondCall(({ response }) => response.writeHead(503).write('x')),
  'calls: 400 whatever they are': inCalls(({ response }) => response.writeHead(400).end('bad arguments')),

  'a stream that ends at once': inCalls(({ response }) => sendEvents(response, [])),
  'a stream that ends after a notification': inCalls(({ response }) => sendEvents(response, [eventOf(notification)])),
  'a stream with an answer to another id': inCalls(({ response }, result) =>
    sendEvents(response, [eventOf({ ...result, id: 4_711 })]),
  ),
  'a stream with half an answer': inCalls(({ response }, result) =>
    sendEvents(response, [eventOf(result).slice(0, 30)]),
  ),
  'a stream without its last empty line': inCalls(({ response }, result) =>
    sendEvents(response, [eventOf(result).trimEnd()]),
  ),
  'a stream that is reset': inCalls(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(eventOf(notification), () => response.socket?.resetAndDestroy());
  }),
  'a stream that resumes': resumable(1),
  'a stream that resumes at the third attempt': resumable(3),
  'a stream that resumes without an answer for ever': resumable(Infinity),
  'a stream with ids that nothing resumes': inCalls(({ response }) =>
    sendEvents(response, [eventOf(notification, 'x')]),
  ),
  'a stream with a deep answer': inCalls(({ response, rpc }) =>
    sendEvents(response, [
      eventOf(`{"jsonrpc":"2.0","id":${rpc?.id},"result":${'['.repeat(9_999)}${']'.repeat(9_999)}}`),
    ]),
  ),
  'JSON with an answer to another id': inCalls(({ response }, result) => sendJson(response, { ...result, id: 4_711 })),
  'JSON that is none': inCalls(({ response }) => sendJson(response, '{"jsonrpc":')),
  'JSON that is empty': inCalls(({ response }) => sendJson(response, '')),
  '202 to a call': inCalls(({ response }) => response.writeHead(202).end()),
  '204 to a call': inCalls(({ response }) => response.writeHead(204).end()),
  'a web page': inCalls(({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hi</p>')),
  'no media type': inCalls(({ response }, result) => response.writeHead(200).end(JSON.stringify(result))),
  'a status that no client knows': inCalls(({ response }) => response.writeHead(999).end()),
  'a reset': inCalls(({ response }) => response.socket?.resetAndDestroy()),

  'an initialization that is 400, with the versions that are spoken': inInitialization(({ response, rpc }) =>
    sendJson(
      response,
      {
        jsonrpc: '2.0',
        id: rpc?.id,
        error: { code: -32004, message: 'Unsupported protocol version', data: { supported: ['2026-07-28'] } },
      },
      {},
      400,
    ),
  ),
  'an initialization that is redirected': inInitialization(({ response }) =>
    response.writeHead(301, { location: '/mcp/v2?token=x' }).end(),
  ),
  'an initialization that is 403, with a secret page': inInitialization(({ response }) =>
    response.writeHead(403).end('the secret of the operator'),
  ),
  'notifications that are 500': ({ response, rpc }) => {
    if (rpc === undefined || rpc.id !== undefined) return false;
    response.writeHead(500).end();
    return true;
  },
  'sessions that cannot be ended': ({ incoming, response }) => {
    if (incoming.method !== 'DELETE') return false;
    response.writeHead(405).end();
    return true;
  },
} as const satisfies Record<string, HttpMode>;

export type HttpModeName = keyof typeof HTTP_MODES;

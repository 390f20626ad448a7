import { eventOf, sendEvents, sendJson, type Exchange, type HttpMode } from './wild-server.ts';

const VERSION = '2026-07-28';
const UNSUPPORTED = { code: -32022, message: 'Unsupported protocol version' };
const serverInfo = { 'io.modelcontextprotocol/serverInfo': { name: 'wild', version: '2' } };
const DISCOVERED = {
  resultType: 'complete',
  supportedVersions: [VERSION],
  capabilities: { tools: {} },
  ttlMs: 1,
  cacheScope: 'public',
};

const answer = ({ rpc, response }: Exchange, said: object, status = 200): true =>
  sendJson(response, { jsonrpc: '2.0', id: rpc?.id, ...said }, {}, status);
const resultOf = (exchange: Exchange): object => (exchange.execute() as { result?: object }).result ?? {};

/** A good server of 2026-07-28 alone, but for what `instead` answers. */
const modern =
  (instead: (exchange: Exchange) => boolean = () => false): HttpMode =>
  (exchange) => {
    const { rpc } = exchange;
    if (rpc?.id === undefined) return false;
    if (exchange.incoming.headers['mcp-method'] !== rpc.method) {
      return answer(exchange, { error: { ...UNSUPPORTED, data: { supported: [VERSION] } } }, 400);
    }
    if (instead(exchange)) return true;
    const discovered = { ...DISCOVERED, _meta: serverInfo };
    const result = rpc.method === 'server/discover' ? discovered : { resultType: 'complete', ...resultOf(exchange) };
    return answer(exchange, { result });
  };

const when =
  (method: string, then: (exchange: Exchange) => boolean) =>
  (exchange: Exchange): boolean =>
    exchange.rpc?.method === method && then(exchange);

/** A server of 2026-07-28 that says this of itself. */
const discovering = (result: object) => modern(when('server/discover', (exchange) => answer(exchange, { result })));
const calling = (then: (exchange: Exchange) => boolean) => modern(when('tools/call', then));
const secondCall = (then: (exchange: Exchange) => boolean) =>
  calling((exchange) => exchange.call === 2 && then(exchange));

/** A server of the era before that answers `server/discover` so. */
const before =
  (then: (exchange: Exchange) => unknown): HttpMode =>
  (exchange) => {
    if (exchange.rpc?.method !== 'server/discover') return false;
    then(exchange);
    return true;
  };
const beforeWithStatus = (status: number, body = '') => before(({ response }) => response.writeHead(status).end(body));
const beforeWithError = (error: object, status: number) => before((exchange) => answer(exchange, { error }, status));
const beforeWithResult = (result: unknown) => before((exchange) => answer(exchange, { result }));

/** Speaks 2026-07-28 until the second call, and then what was before: so it refuses what knows no session. */
function turnsBack(refuse: (exchange: Exchange) => unknown): HttpMode {
  let hasTurned = false;
  const good = modern();
  return (exchange) => {
    const { rpc, call, isKnown } = exchange;
    hasTurned ||= call === 2;
    if (!hasTurned) return good(exchange);
    if (rpc?.id === undefined || rpc.method === 'initialize' || isKnown) return false;
    refuse(exchange);
    return true;
  };
}

/** Speaks 2026-07-28 alone from the second call on. */
function turnsModern(): HttpMode {
  let hasTurned = false;
  const good = modern();
  return (exchange) => {
    hasTurned ||= exchange.call === 2;
    if (hasTurned) return good(exchange);
    return before((one) => answer(one, { error: { code: -32601, message: 'Method not found' } }))(exchange);
  };
}

const NOT_INITIALIZED = { error: { code: -32000, message: 'Bad Request: Server not initialized' } };
const NOT_FOUND = { error: { code: -32601, message: 'Method not found' } };
const DEEP = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

/** What a server does wrong that speaks 2026-07-28, or that is asked whether it does. */
export const MODERN_MODES = {
  'modern: usual': modern(),
  'modern: no resultType': calling((exchange) => answer(exchange, { result: resultOf(exchange) })),
  'modern: input_required': calling((exchange) =>
    answer(exchange, { result: { ...resultOf(exchange), resultType: 'input_required', requestState: 's' } }),
  ),
  'modern: a result of a type that nobody knows': calling((exchange) =>
    answer(exchange, { result: { ...resultOf(exchange), resultType: 'task', more: 1 } }),
  ),
  'modern: a resultType that is a number': calling((exchange) =>
    answer(exchange, { result: { ...resultOf(exchange), resultType: 7 } }),
  ),
  'modern: no capabilities': discovering({ supportedVersions: [VERSION] }),
  'modern: a description of itself that is none': discovering({ ...DISCOVERED, _meta: { ...serverInfo, 'x/y': null } }),
  'modern: a name that is a number': discovering({
    ...DISCOVERED,
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 7 } },
  }),
  'modern: versions that are none': discovering({ ...DISCOVERED, supportedVersions: [null, 7, VERSION, {}] }),
  'modern: numbers that JavaScript cannot hold': modern(
    when('server/discover', ({ response, rpc }) =>
      sendJson(
        response,
        `{"jsonrpc":"2.0","id":${rpc?.id},"result":{"supportedVersions":["${VERSION}"],"capabilities":{"n":9007199254740993},"ttlMs":1e400,"__proto__":{"a":1}}}`,
      ),
    ),
  ),
  'modern: a deep description of itself': modern(
    when('server/discover', ({ response, rpc }) =>
      sendJson(response, `{"jsonrpc":"2.0","id":${rpc?.id},"result":${DEEP}}`),
    ),
  ),
  'modern: another id': modern(
    when('server/discover', ({ response }) => sendJson(response, { jsonrpc: '2.0', id: 4_711, result: DISCOVERED })),
  ),
  'modern: only a newer version': discovering({ ...DISCOVERED, supportedVersions: ['2027-01-01'] }),
  'modern: only a newer version, as an error': modern((exchange) =>
    answer(exchange, { error: { ...UNSUPPORTED, data: { supported: ['2027-01-01'] } } }, 400),
  ),
  'modern: refuses the version that it names': modern((exchange) =>
    answer(exchange, { error: { ...UNSUPPORTED, data: { supported: [VERSION] } } }, 400),
  ),
  'modern: headers that never match': calling((exchange) =>
    answer(exchange, { error: { code: -32020, message: 'Header mismatch' } }, 400),
  ),
  'modern: headers that never match, by another code': calling((exchange) =>
    answer(exchange, { error: { code: -32001, message: 'Header mismatch' } }, 400),
  ),
  'modern: a capability that is missing': calling((exchange) =>
    answer(exchange, { error: { code: -32021, message: 'Missing capability' } }, 400),
  ),
  'modern: one call: an error of a tool': secondCall((exchange) =>
    answer(exchange, { error: { code: -32602, message: 'Tool x not found' } }),
  ),
  'modern: one call: 500': secondCall(({ response }) => !!response.writeHead(500).end()),
  'modern: one call: 404': secondCall(({ response }) => !!response.writeHead(404).end()),
  'modern: one call: a version that is not spoken any more': secondCall((exchange) =>
    answer(exchange, { error: { ...UNSUPPORTED, data: { supported: [VERSION] } } }, 400),
  ),
  'modern: calls: 400 after they were executed': calling((exchange) => {
    exchange.execute();
    return !!exchange.response.writeHead(400).end('bad arguments');
  }),
  'modern: a stream with ids that ends': calling(({ response }) =>
    sendEvents(response, [eventOf({ jsonrpc: '2.0', method: 'notifications/message' }, '1')]),
  ),
  'modern: a stream with questions of its own': calling((exchange) =>
    sendEvents(exchange.response, [
      eventOf({ jsonrpc: '2.0', id: 'p', method: 'ping' }),
      eventOf({ jsonrpc: '2.0', id: exchange.rpc?.id, result: resultOf(exchange) }),
    ]),
  ),

  'discover: 400 with a page': beforeWithStatus(400, '<p>Bad request</p>'),
  'discover: 401': beforeWithStatus(401),
  'discover: 403': beforeWithStatus(403),
  'discover: 405': beforeWithStatus(405),
  'discover: 429': beforeWithStatus(429),
  'discover: 501': beforeWithStatus(501),
  'discover: 503': beforeWithStatus(503, '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}'),
  'discover: 202': beforeWithStatus(202),
  'discover: a page': before(({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')),
  'discover: JSON that is none': before(({ response }) => sendJson(response, '{"jsonrpc":')),
  'discover: no answer': before(() => undefined),
  'discover: a reset': before(({ response }) => response.socket?.resetAndDestroy()),
  'discover: an error -32601': beforeWithError({ code: -32601, message: 'Method not found' }, 404),
  'discover: an error of headers': beforeWithError({ code: -32020, message: 'Header mismatch' }, 400),
  'discover: the versions of before': beforeWithError({ ...UNSUPPORTED, data: { supported: ['2025-11-25'] } }, 400),
  'discover: a newer version and one of before': beforeWithError(
    { ...UNSUPPORTED, data: { supported: ['2027-01-01', '2025-11-25'] } },
    400,
  ),
  'discover: no list of versions': beforeWithError({ ...UNSUPPORTED, data: { supported: 'all' } }, 400),
  'discover: a result of versions of before': beforeWithResult({ ...DISCOVERED, supportedVersions: ['2025-06-18'] }),
  'discover: a result without versions': beforeWithResult({}),
  'discover: a result that is a text': beforeWithResult('done'),

  'turns back: 404': turnsBack(({ response }) => response.writeHead(404).end()),
  'turns back: 405': turnsBack(({ response }) => response.writeHead(405).end()),
  'turns back: 400': turnsBack((exchange) => answer(exchange, NOT_INITIALIZED, 400)),
  'turns back: an error': turnsBack((exchange) => answer(exchange, NOT_FOUND)),
  'turns back: 503': turnsBack(({ response }) => response.writeHead(503).end()),
  'turns modern': turnsModern(),
} as const satisfies Record<string, HttpMode>;

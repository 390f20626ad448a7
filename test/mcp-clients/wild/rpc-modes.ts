/** A message of JSON-RPC as a server of the stub reads it. */
export interface Rpc {
  id?: number | string;
  method: string;
  params?: Record<string, unknown>;
}

/** What goes out: messages, or texts as they are. Nothing: the request is not answered. */
export type Sent = (object | string)[];

/** What a server sends for a request, where it does not send `usual`. */
export type RpcMode = (request: Rpc, usual: object) => Sent;

const TOOL = { name: 'echo', inputSchema: { type: 'object' } };

/** What a good server answers. */
export function usualAnswer({ id, method, params = {} }: Rpc): object {
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'wild', version: '1' },
    },
    ping: {},
    'tools/list': { tools: [TOOL] },
    'tools/call': { content: [{ type: 'text', text: JSON.stringify(params.arguments) }] },
  };
  const result = results[method];
  return { jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'Method not found' } }) };
}

const only =
  (wanted: string, answer: (request: Rpc, usual: object) => Sent): RpcMode =>
  (request, usual) =>
    request.method === wanted ? answer(request, usual) : [usual];

/** Answers a request with this result, as a text or a value. */
const resulting = (wanted: string, result: unknown): RpcMode =>
  only(wanted, ({ id }) => [
    typeof result === 'string' ? `{"jsonrpc":"2.0","id":${id},"result":${result}}` : { jsonrpc: '2.0', id, result },
  ]);

const erring = (wanted: string, error: object): RpcMode => only(wanted, ({ id }) => [{ jsonrpc: '2.0', id, error }]);

/** Far more than a stack holds. */
const LEVELS = 30_000;
const deep = '{"a":'.repeat(LEVELS) + '1' + '}'.repeat(LEVELS);
const deepArray = '['.repeat(LEVELS) + ']'.repeat(LEVELS);

/** `pages` gives the page of a cursor; the first has none. */
const paged = (pages: (cursor: string | undefined) => object): RpcMode =>
  only('tools/list', ({ id, params }) => [{ jsonrpc: '2.0', id, result: pages(params?.cursor as string | undefined) }]);

const named = (...names: string[]) => names.map((name) => ({ name }));

/** What a server does wrong in its messages, whatever carries them. */
export const RPC_MODES = {
  usual: (_request, usual) => [usual],
  'members that JSON-RPC does not have': (_request, usual) => [{ ...usual, error: null, more: 1 }],
  'the id as a text': ({ id }, usual) => [{ ...usual, id: String(id) }],
  'garbage before the answer': (_request, usual) => ['garbage', usual],
  'requests of its own': (_request, usual) => [
    { jsonrpc: '2.0', id: 'p', method: 'ping' },
    { jsonrpc: '2.0', id: 'r', method: 'roots/list' },
    { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } },
    usual,
  ],
  '1,000 requests of its own': only('tools/call', (_request, usual) => [
    ...Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' })),
    usual,
  ]),
  'the answer twice': (_request, usual) => [usual, usual],
  'no answer to calls': only('tools/call', () => []),
  'an error without words': erring('tools/call', { code: 'none' }),
  'an error of a tool': erring('tools/call', { code: -32603, message: 'the tool said no' }),
  'a result that is null': resulting('tools/call', 'null'),
  'a result that is a text': resulting('tools/call', '"done"'),
  'a result that is a number of 20 digits': resulting('tools/call', '12345678901234567890'),
  'meta data that are null': resulting('tools/call', { content: [], _meta: null }),
  'numbers and names of their own': resulting(
    'tools/call',
    '{"content":[],"n":[9007199254740993,0.10000000000000000555,1e400],"__proto__":{"a":1},"o":{"__proto__":9007199254740993}}',
  ),
  'a deep result': resulting('tools/call', deep),
  'a deep array': resulting('tools/call', `{"content":${deepArray}}`),
  'a deep schema': resulting('tools/list', `{"tools":[{"name":"x","inputSchema":${deep}}]}`),
  'deep capabilities': resulting(
    'initialize',
    `{"protocolVersion":"2025-06-18","capabilities":${deep},"serverInfo":{"name":"x","version":"1"}}`,
  ),
  'a deep description of itself': resulting(
    'initialize',
    `{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"x","version":"1","more":${deep}}}`,
  ),
  'another version of the protocol': resulting('initialize', {
    protocolVersion: '1999-01-01',
    capabilities: {},
    serverInfo: { name: 'x', version: '1' },
  }),
  'an initialization that is a text': resulting('initialize', '"done"'),
  'an initialization without a version': resulting('initialize', { capabilities: {}, serverInfo: {} }),
  'an initialization with a version alone': resulting('initialize', { protocolVersion: '2025-06-18' }),
  'an initialization with null for what it does not have': resulting('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: { tools: { listChanged: null }, prompts: null },
    serverInfo: { name: 'wild', title: null, version: '1', icons: null },
    instructions: null,
  }),
  'nothing but a newer protocol': erring('initialize', {
    code: -32004,
    message: 'Unsupported protocol version',
    data: { supported: ['2026-07-28'], requested: '2025-11-25' },
  }),
  'a next cursor that is null': resulting('tools/list', { tools: [TOOL], nextCursor: null }),
  'a next cursor that is 0': resulting('tools/list', { tools: [TOOL], nextCursor: 0 }),
  'no tools': resulting('tools/list', {}),
  'tools that are null': resulting('tools/list', { tools: null }),
  'tools that are none': resulting('tools/list', { tools: [null, 1, {}, { name: 7 }, TOOL] }),
  'a list that is null': resulting('tools/list', 'null'),
  'the same cursor for ever': paged(() => ({ tools: [], nextCursor: 'more' })),
  'the same page for ever': paged((cursor = '0') => ({ tools: [TOOL], nextCursor: `${Number(cursor) + 1}` })),
  'cursors in a circle': paged((cursor) => ({
    tools: named(cursor ?? 'first'),
    nextCursor: cursor === 'a' ? 'b' : 'a',
  })),
  'an empty cursor that leads on': paged((cursor) =>
    cursor === '' ? { tools: named('b') } : { tools: named('a'), nextCursor: '' },
  ),
  'an empty cursor that leads back': paged(() => ({ tools: [TOOL], nextCursor: '' })),
  '130 pages': paged((cursor = '0') => ({
    tools: named(cursor),
    ...(cursor !== '129' && { nextCursor: `${Number(cursor) + 1}` }),
  })),
  'large pages for ever': paged((cursor = '0') => ({
    tools: [{ name: cursor, description: 'x'.repeat(2 * 1024 * 1024) }],
    nextCursor: `${Number(cursor) + 1}`,
  })),
} as const satisfies Record<string, RpcMode>;

export type RpcModeName = keyof typeof RPC_MODES;

import type { ModeName, Outcome, Transport } from './wild-run.ts';

export interface Row {
  mode: ModeName | StdioEnding;
  on: readonly Transport[];
  /** Short where the server does not answer. */
  timeoutMs: number;
  expected: Partial<Outcome>;
}

type StdioEnding =
  | 'an exit after an answer without its newline'
  | 'an output that is closed in a call'
  | 'exit code 3'
  | 'exit code 3 in a call'
  | 'a signal in a call'
  | 'a line without an end';

/** Where nothing is said: as with a server that does nothing wrong. */
export const USUAL: Outcome = {
  add: 'ok',
  list: 'tools echo',
  call: 'ok',
  again: 'ok',
  later: 'ok',
  remove: 'ok',
  initialize: 1,
  calls: 3,
  executed: 1,
  left: 0,
};

const IN_TIME_MS = 15_000;
const SILENT_MS = 3_000;

const row = (
  mode: Row['mode'],
  expected: Partial<Outcome> = {},
  on: readonly Transport[] = ['http'],
  timeoutMs = IN_TIME_MS,
): Row => ({ mode, on, timeoutMs, expected });

const ALL = ['http', 'sse', 'stdio'] as const;
const NETWORK = ['http', 'sse'] as const;
/** No step after it. */
const noAdd = (add: string): Partial<Outcome> => ({
  add,
  ...{ list: '', call: '', again: '', later: '', remove: '', calls: 0, executed: 0 },
});
const noCall = (call: string, more: Partial<Outcome> = {}): Partial<Outcome> => ({
  ...{ call, again: call, later: call },
  ...more,
});
const status = (serverStatus: number, words = '') =>
  `answered with HTTP status ${serverStatus}${words} {"serverStatus":${serverStatus}}`;
/** The call is sent on a new session, since it was not executed. */
const SENT_AGAIN = { initialize: 2, calls: 4 };
/** The call fails; the next one finds that the session is gone. */
const nextRenews = (again: string) => ({ again, initialize: 2 });
const NO_ANSWER = 'ended its stream without an answer {"serverStatus":200}';
const NO_VERSION = 'answered the initialization without a version of the protocol';
const TOO_DEEP = 'answered with JSON that is nested too deeply';
const VERSIONS = '"serverMessage":"Unsupported protocol version","supported":["2026-07-28"]';

export const TABLE: readonly Row[] = [
  row('usual', {}, ALL),
  row('forgotten: 404', SENT_AGAIN),
  row('forgotten: 410', SENT_AGAIN),
  row('forgotten: 400 that says so', SENT_AGAIN),
  row('forgotten: 400 with an error that says so', SENT_AGAIN),
  row('forgotten: 400 that says nothing', SENT_AGAIN),
  row('forgotten: 503 with an error that says so', SENT_AGAIN),
  row('forgotten: an error that says so', SENT_AGAIN),
  row('forgotten: an error that says so, with another code', SENT_AGAIN),
  row('forgotten: an error that says so, in a stream', SENT_AGAIN),
  row('forgotten: an error without an id', SENT_AGAIN),
  row('forgotten: an error that says nothing', nextRenews('isError: MCP error -32600: Invalid Request')),
  row('forgotten: 401', nextRenews(status(401))),
  row('forgotten: 403', nextRenews(status(403))),
  row('forgotten: 429', nextRenews(status(429))),
  row('forgotten: 500', nextRenews(status(500))),
  row('forgotten: 502', nextRenews(status(502))),
  row('forgotten: 503', nextRenews(status(503))),
  row('forgotten: no answer', nextRenews('did not answer in time'), ['http'], SILENT_MS),
  row('forgotten: a reset', nextRenews('closed the connection')),
  row('forgotten: an empty stream', nextRenews(NO_ANSWER)),

  row('one call: 400', { again: status(400) }),
  row('one call: 401', { again: status(401) }),
  row('one call: 429', { again: status(429) }),
  row('one call: 503', { again: status(503) }, NETWORK),
  row('one call: 503 whose body never ends', { again: status(503) }),
  row('one call: an error that may mean the session', {
    again: 'isError: MCP error -32000: Session not found in the browser',
  }),
  row('calls: 400 whatever they are', noCall(status(400)), NETWORK),

  row('a stream that ends at once', noCall(NO_ANSWER)),
  row('a stream that ends after a notification', noCall(NO_ANSWER)),
  row('a stream with an answer to another id', noCall(NO_ANSWER)),
  row('a stream with half an answer', noCall(NO_ANSWER)),
  row('a stream without its last empty line'),
  row('a stream that is reset', noCall('closed the connection')),
  row('a stream that resumes'),
  row('a stream that resumes at the third attempt'),
  row('a stream that resumes without an answer for ever', noCall(NO_ANSWER)),
  row(
    'a stream with ids that nothing resumes',
    noCall('ended its stream without an answer, and does not resume it {"serverStatus":405}'),
  ),
  row('a stream with a deep answer', noCall(TOO_DEEP)),
  row('JSON with an answer to another id', noCall('answered, and not to the request {"serverStatus":200}')),
  row('JSON that is none', noCall('answered with what is not JSON')),
  row('JSON that is empty', noCall('answered with an empty body {"serverStatus":200}')),
  row('202 to a call', noCall('accepted the request and does not answer it {"serverStatus":202}')),
  row('204 to a call', noCall('accepted the request and does not answer it {"serverStatus":204}')),
  row('a web page', noCall('answered with text/html instead of JSON {"serverStatus":200}')),
  row('no media type', noCall('answered with no media type instead of JSON {"serverStatus":200}')),
  row('a status that no client knows', noCall(status(999))),
  row('a reset', noCall('closed the connection'), NETWORK),

  row('an initialization that is 400, with the versions that are spoken', {
    ...noAdd(`answered with HTTP status 400: Unsupported protocol version {"serverStatus":400,${VERSIONS}}`),
  }),
  row('an initialization that is redirected', {
    ...noAdd(
      'redirects with HTTP status 301, and messages are only sent on after 307 or 308 ' +
        '{"serverStatus":301,"redirectedTo":"http://127.0.0.1/mcp/v2"}',
    ),
  }),
  row('an initialization that is 403, with a secret page', noAdd(status(403))),
  row('notifications that are 500', noAdd(status(500))),
  row('sessions that cannot be ended', { left: 1 }),

  row('members that JSON-RPC does not have', {}, NETWORK),
  row('the id as a text', {}, NETWORK),
  row('garbage before the answer', {}, ALL),
  row('requests of its own', {}, ALL),
  row('1,000 requests of its own', noCall('sends more than 50 requests of its own'), ['http', 'stdio']),
  row('the answer twice'),
  row('no answer to calls', noCall('did not answer in time'), ['http', 'stdio'], SILENT_MS),
  row('an error without words', noCall('isError: MCP error -32603: ')),
  row('an error of a tool', noCall('isError: MCP error -32603: the tool said no'), ALL),
  row('a result that is null', noCall('answered with a result that is no object')),
  row('a result that is a text', noCall('answered with a result that is no object')),
  row('a result that is a number of 20 digits', noCall('answered with a result that is no object')),
  row('meta data that are null'),
  row('a deep result', noCall(TOO_DEEP), ALL),
  row('a deep array', noCall(TOO_DEEP)),
  row('a deep schema', { list: TOO_DEEP }, NETWORK),
  row('deep capabilities', noAdd(TOO_DEEP), ALL),
  row('a deep description of itself', noAdd(TOO_DEEP)),
  row('another version of the protocol', noAdd('speaks a version of the protocol that is not known here'), NETWORK),
  row('an initialization that is a text', noAdd(NO_VERSION)),
  row('an initialization without a version', noAdd(NO_VERSION)),
  row('an initialization with a version alone'),
  row('an initialization with null for what it does not have', {}, NETWORK),
  row('nothing but a newer protocol', noAdd(`answered: Unsupported protocol version {${VERSIONS}}`), ALL),

  row('a next cursor that is null'),
  row('a next cursor that is 0'),
  row('no tools', { list: 'tools ' }),
  row('tools that are null', { list: 'tools ' }),
  row('tools that are none'),
  row('a list that is null', { list: 'did not speak the protocol' }),
  row('the same cursor for ever', { list: 'tools ' }),
  row('the same page for ever'),
  row('cursors in a circle', { list: 'tools first,a,b' }),
  row('an empty cursor that leads on', { list: 'tools a,b' }),
  row('an empty cursor that leads back'),
  row('130 pages', { list: 'tools 130' }),
  row('large pages for ever', { list: 'gave lists of tools with more than 12582912 bytes' }),

  row('exit code 3', noAdd('ended with exit code 3 {"exitCode":3}'), ['stdio']),
  row('exit code 3 in a call', noCall('ended with exit code 3 {"exitCode":3}'), ['stdio']),
  row('a signal in a call', noCall('was ended by SIGKILL {"signal":"SIGKILL"}'), ['stdio']),
  row('an exit after an answer without its newline', {}, ['stdio']),
  row('an output that is closed in a call', noCall('closed its output'), ['stdio']),
  row('a line without an end', noCall('answered with a line of more than 12582912 bytes'), ['stdio']),
];

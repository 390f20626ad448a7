import { noAdd, noCall, NO_ANSWER, row, SILENT_MS, status, TOO_DEEP, type Row } from './wild-row.ts';

/** No session is initialized. */
const MODERN = { initialize: 0 };
const OURS = '"serverMessage":"Unsupported protocol version","supported":["2026-07-28"]';
/** The call was refused, and is sent again in the other era. */
const RESENT = { calls: 4 };
const NEWER = '"supported":["2027-01-01"]';
const refused = (code: number, words: string) =>
  noCall(`isError: MCP error ${code}: ${words}`, { ...MODERN, executed: 0 });

/** Servers that speak 2026-07-28, and what is answered to the question whether they do. */
export const MODERN_ROWS: readonly Row[] = [
  row('modern: usual', MODERN),
  row('modern: no resultType', MODERN),
  row('modern: input_required', MODERN),
  row('modern: a result of a type that nobody knows', MODERN),
  row('modern: a resultType that is a number', MODERN),
  row('modern: no capabilities', MODERN),
  row('modern: a description of itself that is none', MODERN),
  row('modern: a name that is a number', MODERN),
  row('modern: versions that are none', MODERN),
  row('modern: numbers that JavaScript cannot hold', MODERN),
  row('modern: a deep description of itself', { ...noAdd(TOO_DEEP), ...MODERN }),
  row(
    'modern: another id',
    noAdd(`answered with HTTP status 400: Unsupported protocol version {"serverStatus":400,${OURS}}`),
  ),
  row('modern: only a newer version', {
    ...noAdd(
      'answered: supports no version of the protocol that is known here ' +
        `{"serverMessage":"supports no version of the protocol that is known here",${NEWER}}`,
    ),
    ...MODERN,
  }),
  row('modern: only a newer version, as an error', {
    ...noAdd(`answered: Unsupported protocol version {"serverMessage":"Unsupported protocol version",${NEWER}}`),
    ...MODERN,
  }),
  row('modern: refuses the version that it names', {
    ...noAdd(`answered: Unsupported protocol version {${OURS}}`),
    ...MODERN,
  }),
  // The tools are read once for each call, which is then sent again.
  row('modern: headers that never match', { ...refused(-32020, 'Header mismatch'), calls: 6 }),
  row('modern: headers that never match, by another code', refused(-32001, 'Header mismatch')),
  row('modern: a capability that is missing', refused(-32021, 'Missing capability')),
  row('modern: one call: an error of a tool', { ...MODERN, again: 'isError: MCP error -32602: Tool x not found' }),
  row('modern: one call: 500', { ...MODERN, again: status(500) }),
  row('modern: one call: 404', { ...MODERN, again: status(404) }),
  row('modern: one call: a version that is not spoken any more', {
    ...MODERN,
    again: `forgets its sessions at once {${OURS}}`,
    calls: 4,
  }),
  row('modern: calls: 400 after they were executed', noCall(status(400), MODERN)),
  row('modern: a stream with ids that ends', noCall(NO_ANSWER, { ...MODERN, executed: 0 })),
  row('modern: a stream with questions of its own', MODERN),

  row('discover: 400 with a page'),
  row('discover: 401'),
  row('discover: 403'),
  row('discover: 405'),
  row('discover: 429'),
  row('discover: 501'),
  row('discover: 503'),
  row('discover: 202'),
  row('discover: a page'),
  row('discover: JSON that is none'),
  row('discover: no answer', {}, ['http'], SILENT_MS),
  row('discover: a reset'),
  row('discover: an error -32601'),
  row('discover: an error of headers'),
  row('discover: the versions of before'),
  row('discover: a newer version and one of before'),
  row('discover: no list of versions'),
  row('discover: a result of versions of before'),
  row('discover: a result without versions'),
  row('discover: a result that is a text'),

  row('turns back: 404', RESENT),
  row('turns back: 405', RESENT),
  row('turns back: 400', RESENT),
  row('turns back: an error', RESENT),
  row('turns back: 503', { again: status(503) }),
  row('turns modern', RESENT),

  row('nothing but 2026-07-28', {}, ['stdio']),
  row('no answer to server/discover', {}, ['stdio'], SILENT_MS),
  row('an exit at server/discover', {}, ['stdio']),
];

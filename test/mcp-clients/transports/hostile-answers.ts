import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { pour, serveHttp, serveTcp, type CountingServer } from './hostile-servers.ts';

export const MB = 1024 * 1024;
/** What an answer may take, and how long it may be silent. */
export const ANSWER_MS = 1_500;
export const SILENCE_MS = 400;
const ZEROS = Buffer.alloc(64 * 1024);

const http = (listener: RequestListener) => () => serveHttp(listener);
const tcp = (answer: (socket: Socket) => void) => () => serveTcp(answer);

export const endless: RequestListener = (_request, response) => void pour(response, ZEROS);
export const pouring =
  (headers: Record<string, string | number>, megabytes = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(200, headers);
    void pour(response, ZEROS, megabytes * 16).then(() => response.end());
  };
export const packed =
  (coding: string, body: Buffer): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { 'content-encoding': coding }).end(body);

const bomb = (pack: (bytes: Buffer) => Buffer) => pack(Buffer.alloc(200 * MB));
export const gzipBomb = bomb((bytes) => gzipSync(bytes));
const deflateBomb = bomb((bytes) => deflateSync(bytes));
const brotliBomb = bomb((bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
/** Blocks of gzip that hold no bytes. */
const unpackingToNothing: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-encoding': 'gzip' });
  response.write(gzipSync('').subarray(0, 10));
  void pour(response, Buffer.alloc(60_000, Buffer.from([0, 0, 0, 0xff, 0xff])));
};
const dripping =
  (head: string, piece: string): ((socket: Socket) => void) =>
  (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), 20);
    socket.once('close', () => clearInterval(timer));
  };
const flooding =
  (head: string, piece: string): ((socket: Socket) => void) =>
  (socket) => {
    socket.write(head);
    void pour(socket, piece.repeat(1 + Math.floor(4096 / piece.length)));
  };
const OK = 'HTTP/1.1 200 OK\r\n';

/** What answers are, and which limit of time ends each; where none is named, what is sent has to. */
export const hostile: Record<string, [start: () => Promise<CountingServer>, limitMs?: number]> = {
  'announces 200 MB': [http(pouring({ 'content-length': 200 * MB }))],
  'sends 200 MB': [http(pouring({}))],
  'sends for ever': [http(endless)],
  'sends 200 MB of JSON to come': [http(pouring({ 'content-type': 'application/json' }))],
  'sends 200 MB of a stream of events': [http(pouring({ 'content-type': 'text/event-stream' }))],
  'sends 200 MB with an error': [http(failing(500))],
  'sends a bomb in gzip': [http(packed('gzip', gzipBomb))],
  'sends a bomb in deflate': [http(packed('deflate', deflateBomb))],
  'sends a bomb in brotli': [http(packed('br', brotliBomb))],
  'sends a bomb in a bomb': [http(packed('gzip, gzip', gzipSync(gzipBomb)))],
  'sends for ever what unpacks to nothing': [http(unpackingToNothing)],
  'sends what is packed in an unknown way': [http(pouring({ 'content-encoding': 'zstd' }))],
  'sends what is not packed as it says': [http(packed('gzip', Buffer.alloc(1000, 'x')))],
  'never answers': [http(() => undefined), SILENCE_MS],
  'begins a body and falls silent': [http((_, response) => void response.write('x')), SILENCE_MS],
  'announces a body and falls silent': [http((_, response) => response.flushHeaders()), SILENCE_MS],
  'drips a body': [tcp(dripping(`${OK}content-length: 100000\r\n\r\n`, 'x')), ANSWER_MS],
  'drips chunks': [tcp(dripping(`${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n')), ANSWER_MS],
  'drips events': [tcp(dripping(`${OK}content-type: text/event-stream\r\n\r\n`, ': still here\n\n')), ANSWER_MS],
  'drips headers': [tcp(dripping(OK, 'x: y\r\n')), ANSWER_MS],
  'drips one header': [tcp(dripping(`${OK}x: `, 'y')), ANSWER_MS],
  'drips provisional answers': [tcp(dripping('', 'HTTP/1.1 103 Early Hints\r\n\r\n')), ANSWER_MS],
  'drips white space of a chunk': [tcp(dripping(`${OK}transfer-encoding: chunked\r\n\r\n1;`, 'x')), ANSWER_MS],
  'floods with headers': [tcp(flooding(OK, 'some-header: some value\r\n'))],
  'floods with one header': [tcp(flooding(`${OK}x: `, 'y'))],
  'floods with provisional answers': [tcp(flooding('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')), ANSWER_MS],
  'floods with trailers': [
    tcp(flooding(`${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n`, 'some-trailer: some value\r\n')),
    ANSWER_MS,
  ],
  'floods with the extension of a chunk': [
    tcp(flooding(`${OK}transfer-encoding: chunked\r\n\r\n1;x=`, 'y')),
    ANSWER_MS,
  ],
  'hangs up before it answers': [tcp((socket) => socket.end())],
  'resets the connection': [tcp((socket) => socket.resetAndDestroy())],
  'hangs up in its headers': [tcp((socket) => socket.end(`${OK}x: `))],
  'hangs up in its body': [tcp((socket) => socket.end(`${OK}content-length: 10\r\n\r\nx`))],
  'hangs up in a chunk': [tcp((socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n9\r\nx`))],
  'hangs up between chunks': [tcp((socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`))],
  'speaks no HTTP': [tcp((socket) => socket.end('220 mail.example ESMTP\r\n'))],
  'redirects for ever': [http((_request, response) => void response.writeHead(307, { location: '/mcp' }).end())],
  'redirects for ever, with 200 MB each': [
    http((_request, response) => {
      response.writeHead(302, { location: '/mcp' });
      void pour(response, ZEROS, 200 * 16);
    }),
  ],
};

/** What carries no answer takes no memory, and is bounded by time alone. */
export const uncounted = ['floods with provisional answers', 'floods with the extension of a chunk'];

/** Small enough to be here as a whole before they are found out: their connection is free for the next request. */
export const wholes = ['gzip', 'deflate', 'brotli'].map((coding) => `sends a bomb in ${coding}`);
wholes.push('sends a bomb in a bomb', 'sends what is not packed as it says', 'redirects for ever');

function failing(status: number): RequestListener {
  return (_request, response) => {
    response.writeHead(status);
    void pour(response, ZEROS, 200 * 16).then(() => response.end());
  };
}

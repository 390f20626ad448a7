import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import {
  guardedFetch,
  type FetchPolicy,
  type GuardedFetch,
} from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { pour, serveHttp, serveTcp, type CountingServer } from './hostile-servers.ts';

const MB = 1024 * 1024;
const ANSWER_MS = 1_500;
const SILENCE_MS = 400;
/** More than any of these answers takes, and far less than is sent. */
const MEMORY = 64 * MB;
/** What a server can send into the buffers on the way, and in the moments until it notices. */
const FLOOD = 32 * MB;
const JSON_TYPE = { 'content-type': 'application/json' };
const ZEROS = Buffer.alloc(64 * 1024);

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

function guarded(policy: Partial<FetchPolicy> = {}): GuardedFetch {
  const fetch = guardedFetch({
    loopback: true,
    maxBytes: MB,
    connectTimeoutMs: 500,
    headersTimeoutMs: SILENCE_MS,
    idleTimeoutMs: SILENCE_MS,
    answerTimeoutMs: ANSWER_MS,
    ...policy,
  });
  closing.push({ close: () => fetch.destroy() });
  return fetch;
}

async function started<T extends CountingServer>(server: Promise<T>): Promise<T> {
  closing.unshift(await server);
  return server;
}

const http = (listener: RequestListener) => () => started(serveHttp(listener));
const tcp = (answer: (socket: Socket) => void) => () => started(serveTcp(answer));

const endless: RequestListener = (_request, response) => void pour(response, ZEROS);
const pouring =
  (headers: Record<string, string | number>, megabytes = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(200, headers);
    void pour(response, ZEROS, megabytes * 16).then(() => response.end());
  };
const packed =
  (coding: string, body: Buffer): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { 'content-encoding': coding }).end(body);

const bomb = (pack: (bytes: Buffer) => Buffer) => pack(Buffer.alloc(200 * MB));
const gzipBomb = bomb((bytes) => gzipSync(bytes));
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

/** What answers are, and within which time each fails. */
const hostile: Record<string, [start: () => Promise<CountingServer>, withinMs: number]> = {
  'announces 200 MB': [http(pouring({ 'content-length': 200 * MB })), 1_000],
  'sends 200 MB': [http(pouring({})), 1_000],
  'sends for ever': [http(endless), 1_000],
  'sends 200 MB of JSON to come': [http(pouring({ 'content-type': 'application/json' })), 1_000],
  'sends 200 MB of a stream of events': [http(pouring({ 'content-type': 'text/event-stream' })), 1_000],
  'sends 200 MB with an error': [http(failing(500)), 1_000],
  'sends a bomb in gzip': [http(packed('gzip', gzipBomb)), 1_000],
  'sends a bomb in deflate': [http(packed('deflate', deflateBomb)), 1_000],
  'sends a bomb in brotli': [http(packed('br', brotliBomb)), 1_000],
  'sends a bomb in a bomb': [http(packed('gzip, gzip', gzipSync(gzipBomb))), 1_000],
  'sends for ever what unpacks to nothing': [http(unpackingToNothing), 1_000],
  'sends what is packed in an unknown way': [http(pouring({ 'content-encoding': 'zstd' })), 1_000],
  'sends what is not packed as it says': [http(packed('gzip', Buffer.alloc(1000, 'x'))), 1_000],
  'never answers': [http(() => undefined), SILENCE_MS + 1_000],
  'begins a body and falls silent': [http((_, response) => void response.write('x')), SILENCE_MS + 1_000],
  'announces a body and falls silent': [http((_, response) => response.flushHeaders()), SILENCE_MS + 1_000],
  'drips a body': [tcp(dripping(`${OK}content-length: 100000\r\n\r\n`, 'x')), ANSWER_MS + 1_000],
  'drips chunks': [tcp(dripping(`${OK}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n')), ANSWER_MS + 1_000],
  'drips events': [
    tcp(dripping(`${OK}content-type: text/event-stream\r\n\r\n`, ': still here\n\n')),
    ANSWER_MS + 1_000,
  ],
  'drips headers': [tcp(dripping(OK, 'x: y\r\n')), ANSWER_MS + 1_000],
  'drips one header': [tcp(dripping(`${OK}x: `, 'y')), ANSWER_MS + 1_000],
  'drips provisional answers': [tcp(dripping('', 'HTTP/1.1 103 Early Hints\r\n\r\n')), ANSWER_MS + 1_000],
  'drips white space of a chunk': [tcp(dripping(`${OK}transfer-encoding: chunked\r\n\r\n1;`, 'x')), ANSWER_MS + 1_000],
  'floods with headers': [tcp(flooding(OK, 'some-header: some value\r\n')), 1_000],
  'floods with one header': [tcp(flooding(`${OK}x: `, 'y')), 1_000],
  'floods with provisional answers': [
    tcp(flooding('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')),
    ANSWER_MS + 1_000,
  ],
  'floods with trailers': [
    tcp(flooding(`${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n`, 'some-trailer: some value\r\n')),
    ANSWER_MS + 1_000,
  ],
  'floods with the extension of a chunk': [
    tcp(flooding(`${OK}transfer-encoding: chunked\r\n\r\n1;x=`, 'y')),
    ANSWER_MS + 1_000,
  ],
  'hangs up before it answers': [tcp((socket) => socket.end()), 1_000],
  'resets the connection': [tcp((socket) => socket.resetAndDestroy()), 1_000],
  'hangs up in its headers': [tcp((socket) => socket.end(`${OK}x: `)), 1_000],
  'hangs up in its body': [tcp((socket) => socket.end(`${OK}content-length: 10\r\n\r\nx`)), 1_000],
  'hangs up in a chunk': [tcp((socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n9\r\nx`)), 1_000],
  'hangs up between chunks': [tcp((socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`)), 1_000],
  'speaks no HTTP': [tcp((socket) => socket.end('220 mail.example ESMTP\r\n')), 1_000],
  'redirects for ever': [http((_request, response) => void response.writeHead(307, { location: '/mcp' }).end()), 1_000],
  'redirects for ever, with 200 MB each': [
    http((_request, response) => {
      response.writeHead(302, { location: '/mcp' });
      void pour(response, ZEROS, 200 * 16);
    }),
    1_000,
  ],
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Runs `work`; how much memory it takes at the most, in bytes. */
async function peakMemory(work: () => Promise<unknown>): Promise<number> {
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const taken = () => {
    // Garbage is not taken: the server, which is in this process, makes as much of it as it sends.
    if (used() - before > MEMORY) collectGarbage();
    return used() - before;
  };
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, taken())), 5);
  try {
    await work();
  } finally {
    clearInterval(sampler);
  }
  return Math.max(peak, taken());
}

/** What carries no answer takes no memory, and is bounded by time alone. */
const uncounted = ['floods with provisional answers', 'floods with the extension of a chunk'];

/** Small enough to be here as a whole before they are found out: their connection is free for the next request. */
const wholes = ['gzip', 'deflate', 'brotli'].map((coding) => `sends a bomb in ${coding}`);
wholes.push('sends a bomb in a bomb', 'sends what is not packed as it says', 'redirects for ever');

function failing(status: number): RequestListener {
  return (_request, response) => {
    response.writeHead(status);
    void pour(response, ZEROS, 200 * 16).then(() => response.end());
  };
}

describe('a server that', () => {
  test.each(Object.entries(hostile))('%s is a failed connection', async (what, [start, withinMs]) => {
    const server = await start();
    const fetch = guarded();
    let failure: unknown;
    const startedAt = performance.now();
    const took = await peakMemory(async () => {
      failure = await fetch(server.url, { method: 'POST', headers: JSON_TYPE, body: '{}' })
        .then((response) => response.arrayBuffer())
        .catch((thrown: unknown) => thrown);
    });
    expect(failure).toMatchObject({ code: 'MCP_CONNECTION', name: 'McpConnectionError' });
    expect(performance.now() - startedAt).toBeLessThan(withinMs);
    expect(took).toBeLessThan(MEMORY);
    for (let waited = 0; waited < 1_000 && server.open() > 0 && !wholes.includes(what); waited += 20) await sleep(20);
    if (!wholes.includes(what)) expect(server.open()).toBe(0);
    if (!uncounted.includes(what)) expect(server.bytesSent()).toBeLessThan(FLOOD);
  });

  test('sends 120 MB takes more memory than that where it is read without bounds', async () => {
    const server = await http(pouring({}, 120))();
    let kept: ArrayBuffer | undefined;
    const took = await peakMemory(async () => (kept = await (await fetch(server.url)).arrayBuffer()));
    expect(kept?.byteLength).toBe(120 * MB);
    expect(took).toBeGreaterThan(100 * MB);
  });

  test('sends faster than it is read has to wait', async () => {
    const server = await http(endless)();
    const took = await peakMemory(async () => {
      const response = await guarded({ maxBytes: 200 * MB, idleTimeoutMs: 5_000 })(server.url);
      await sleep(1_000);
      await response.body?.cancel();
    });
    expect(took).toBeLessThan(MEMORY);
    await server.idle();
    expect(server.bytesSent()).toBeLessThan(FLOOD);
  });

  test('sends a bomb is unpacked no faster than it is read', async () => {
    const server = await http(packed('gzip', gzipBomb))();
    const took = await peakMemory(async () => {
      const response = await guarded({ maxBytes: 400 * MB, idleTimeoutMs: 5_000 })(server.url);
      await sleep(1_000);
      await response.body?.cancel();
    });
    expect(took).toBeLessThan(MEMORY);
  });

  test('has a name that never resolves is a failed connection', async () => {
    const fetch = guarded({ lookup: () => new Promise(() => undefined) });
    const startedAt = performance.now();
    await expect(fetch('http://some.example/')).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    expect(performance.now() - startedAt).toBeLessThan(ANSWER_MS);
  });

  test('does not listen is a failed connection', async () => {
    const server = await http(endless)();
    await server.close();
    await expect(guarded()(server.url)).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
  });

  test('repeats what it was sent, in no HTTP, is told of without that', async () => {
    const server = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\n secret: canary\u0000\r\n\r\n'))();
    const failure: unknown = await guarded()(server.url).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'MCP_CONNECTION' });
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('canary');
  });
});

describe('an answer within the bounds', () => {
  const answers: Record<string, RequestListener> = {
    plain: (_, response) => void response.end(Buffer.alloc(MB, 'x')),
    'in gzip': packed('gzip', gzipSync(Buffer.alloc(MB, 'x'))),
    'in brotli': packed('br', brotliCompressSync(Buffer.alloc(MB, 'x'))),
  };
  test.each(Object.entries(answers))(
    'is read to its last byte, %s, and one byte more is not',
    async (_how, listener) => {
      const server = await http(listener)();
      expect((await (await guarded()(server.url)).arrayBuffer()).byteLength).toBe(MB);
      const response = guarded({ maxBytes: MB - 1 })(server.url).then((answer) => answer.arrayBuffer());
      await expect(response).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    },
  );

  test('is read while it comes, event by event', async () => {
    const server = await http((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    })();
    const reader = (await guarded()(server.url)).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value as Uint8Array)).toBe('data: 1\n\n');
    await reader?.cancel();
    await server.idle();
  });

  test('may be slow, as long as it is not silent', async () => {
    const server = await http((_, response) => {
      let left = 10;
      const timer = setInterval(() => {
        if (left-- > 0) return void response.write('x');
        clearInterval(timer);
        response.end();
      }, SILENCE_MS / 4);
    })();
    expect(await (await guarded()(server.url)).text()).toBe('x'.repeat(10));
  });

  test('that nobody reads is let go of in time', async () => {
    const server = await http((_, response) => void response.write('x'))();
    await guarded({ idleTimeoutMs: 60_000, answerTimeoutMs: 300 })(server.url);
    expect(server.open()).toBe(1);
    await server.idle();
  });
});

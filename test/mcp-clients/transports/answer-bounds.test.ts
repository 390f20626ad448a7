import { brotliCompressSync, gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import {
  guardedFetch,
  type FetchPolicy,
  type GuardedFetch,
} from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { serveHttp, serveTcp, type CountingServer } from './hostile-servers.ts';
import {
  ANSWER_MS,
  MB,
  SILENCE_MS,
  endless,
  gzipBomb,
  hostile,
  packed,
  pouring,
  uncounted,
  wholes,
} from './hostile-answers.ts';
import { MEMORY, peakMemory } from './peak-memory.ts';

/** What a server can send into the buffers on the way, and in the moments until it notices. */
const FLOOD = 32 * MB;
/** Where what is sent must end the answer, and not the clock (ms). */
const PATIENT = { headersTimeoutMs: 60_000, idleTimeoutMs: 60_000, answerTimeoutMs: 60_000 };
/** After a limit of time (ms). */
const AROUND_MS = 1_000;
const JSON_TYPE = { 'content-type': 'application/json' };

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

const http = (listener: RequestListener) => started(serveHttp(listener));
const tcp = (answer: (socket: Socket) => void) => started(serveTcp(answer));

describe('a server that', () => {
  test.each(Object.entries(hostile))('%s is a failed connection', async (what, [start, limitMs]) => {
    const server = await started(start());
    const fetch = guarded(limitMs === undefined ? PATIENT : {});
    let failure: unknown;
    // Two timers: where the machine is busy, the second begins as late as the limit ends.
    const limit = limitMs === undefined ? undefined : sleep(limitMs).then(() => sleep(AROUND_MS, 'too late'));
    const took = await peakMemory(async () => {
      const answer = fetch(server.url, { method: 'POST', headers: JSON_TYPE, body: '{}' })
        .then((response) => response.arrayBuffer())
        .catch((thrown: unknown) => thrown);
      failure = await Promise.race([answer, ...(limit ? [limit] : [])]);
    });
    expect(failure).toMatchObject({ code: 'MCP_CONNECTION', name: 'McpConnectionError' });
    if (limitMs === undefined) expect((failure as Error).message).not.toMatch(/in time/);
    expect(took).toBeLessThan(MEMORY);
    for (let waited = 0; waited < 1_000 && server.open() > 0 && !wholes.includes(what); waited += 20) await sleep(20);
    if (!wholes.includes(what)) expect(server.open()).toBe(0);
    if (!uncounted.includes(what)) expect(server.bytesSent()).toBeLessThan(FLOOD);
  });

  test('sends 120 MB takes more memory than that where it is read without bounds', async () => {
    const server = await http(pouring({}, 120));
    let kept: ArrayBuffer | undefined;
    const took = await peakMemory(async () => (kept = await (await fetch(server.url)).arrayBuffer()));
    expect(kept?.byteLength).toBe(120 * MB);
    expect(took).toBeGreaterThan(100 * MB);
  });

  test('sends faster than it is read has to wait', async () => {
    const server = await http(endless);
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
    const server = await http(packed('gzip', gzipBomb));
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
    const server = await http(endless);
    await server.close();
    await expect(guarded()(server.url)).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
  });

  test('repeats what it was sent, in no HTTP, is told of without that', async () => {
    const server = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\n secret: canary\u0000\r\n\r\n'));
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
      const server = await http(listener);
      expect((await (await guarded()(server.url)).arrayBuffer()).byteLength).toBe(MB);
      const response = guarded({ maxBytes: MB - 1 })(server.url).then((answer) => answer.arrayBuffer());
      await expect(response).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
    },
  );

  test('is read while it comes, event by event', async () => {
    const server = await http((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
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
    });
    expect(await (await guarded()(server.url)).text()).toBe('x'.repeat(10));
  });

  test('that nobody reads is let go of in time', async () => {
    const server = await http((_, response) => void response.write('x'));
    await guarded({ idleTimeoutMs: 60_000, answerTimeoutMs: 300 })(server.url);
    expect(server.open()).toBe(1);
    await server.idle();
  });
});

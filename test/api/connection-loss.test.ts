import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as realTimers from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ContentionError } from '../../lib/errors.ts';

/** What was to be waited for, and is not. */
let pauses: number[] = [];
jest.unstable_mockModule('node:timers/promises', () => ({
  ...realTimers,
  setTimeout: async (ms: number) => void pauses.push(ms),
}));
const { NoAnswerError } = await import('../../lib/api/client/http-sender.ts');
const { watchEvents } = await import('../../lib/api/client/event-watch.ts');
const { upload, download } = await import('../../lib/api/client/file-transfer.ts');

const MIB = 1024 * 1024;
const transfer = { sessionId: 'some', path: 'some' };
const sumOf = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

beforeEach(() => {
  pauses = [];
});

// One part of a thousand that met a busy table, or whose answer was lost, cost all those before it.
describe('a transfer', () => {
  beforeEach(() => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Throws these one after the other, at the part that begins here. */
  function failing(at: string, ...errors: Error[]) {
    const sent: string[] = [];
    const writeFile = async ({ contentRange = 'whole' }: { contentRange?: string }) => {
      sent.push(contentRange);
      const error = contentRange.startsWith(at) ? errors.shift() : undefined;
      if (error) throw error;
      return { etag: '"1"' } as { etag: string; received?: never };
    };
    return { sent, writeFile };
  }

  test.each([
    ['is busy', new ContentionError()],
    ['does not answer', new NoAnswerError('cut')],
  ])('goes on where the server %s', async (_why, error) => {
    const calls = failing('bytes 0-', error, error);
    await upload(calls, { ...transfer, content: new Uint8Array(5 * MIB) });
    expect(calls.sent).toHaveLength(3);
    expect(new Set(calls.sent).size).toBe(1);
    const small = failing('whole', error);
    await upload(small, { ...transfer, content: new Uint8Array(1) });
    expect(small.sent).toHaveLength(2);
    const reads: (Error | object)[] = [error, { content: 'YQ==', etag: '"1"', contentRange: 'bytes 0-0/1' }];
    const readFile = async () => {
      const next = reads.shift();
      if (next instanceof Error) throw next;
      return next as { content: string; etag: string; contentRange: string };
    };
    for await (const bytes of download({ readFile }, transfer)) expect(bytes).toEqual(Buffer.from('a'));
  });

  test('ends where that does not pass within seconds, and at any other error', async () => {
    const busy = Array.from({ length: 99 }, () => new ContentionError());
    const calls = failing('bytes 0-', ...busy);
    await expect(upload(calls, { ...transfer, content: new Uint8Array(5 * MIB) })).rejects.toThrow(ContentionError);
    expect(calls.sent).toHaveLength(8);
    expect(sumOf(pauses)).toBe(6_350);
    const other = failing('bytes 0-', new Error('other'));
    await expect(upload(other, { ...transfer, content: new Uint8Array(5 * MIB) })).rejects.toThrow('other');
  });

  test('under a condition does not repeat what may have met it', async () => {
    const calls = failing('whole', new NoAnswerError('cut'));
    const writing = upload(calls, { ...transfer, content: new Uint8Array(1), ifNoneMatch: '*' });
    await expect(writing).rejects.toThrow(NoAnswerError);
    expect(calls.sent).toHaveLength(1);
  });
});

describe('a watch', () => {
  let server: Server;
  /** Of each connection, in order; none after them. */
  let told: string[];
  let connections: number;
  beforeEach(async () => {
    [told, connections] = [[], 0];
    server = createServer((_request, response) => {
      connections++;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      response.end(told.shift() ?? '');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterEach(() => new Promise((closed) => server.close(closed)));

  const watch = async () => {
    const events: string[] = [];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const watching = async () => {
      for await (const event of watchEvents({ url })) events.push(event);
    };
    await expect(watching()).rejects.toThrow(NoAnswerError);
    return events;
  };

  test('of a server that ends each connection at once gives up: it came again four times a second for ever', async () => {
    expect(await watch()).toEqual([]);
    expect(connections).toBe(11);
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000]);
  });

  test('begins to count anew when an event has come', async () => {
    told = ['', '', 'data: one\n\n'];
    expect(await watch()).toEqual(['one']);
    expect(pauses.slice(0, 4)).toEqual([250, 500, 250, 500]);
    expect(connections).toBe(13);
  });
});

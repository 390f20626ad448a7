import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pTimeout from 'p-timeout';
import { parseSessionEvent, type SessionEvent } from '../../lib/telemetry/events/index.ts';
import { EventFeed } from '../../local/event-feed.ts';
import { serveEvents } from '../../local/event-stream.ts';
import { startDynamoDbLocal, type RunningDynamoDbLocal } from '../../local/dynamodb-local.ts';
import { ask, createSession, newDirectory, startServer, type LocalServer } from './local-server.ts';

const LONG = 120_000;
const WAIT_MS = 30_000;
const OPERATOR = { 'x-user-id': 'olga', 'x-org-id': 'platform', 'x-role': 'operator' };

const event = (version: number): SessionEvent => ({
  id: `s:${version}`,
  type: 'session.prompt-updated',
  version,
  time: '2026-11-22T12:00:00.000Z',
  sessionId: 's',
  userId: 'ada',
  orgId: 'acme',
});

/** A reader of server-sent events, as `curl -N` is one. */
class Reader {
  readonly response: IncomingMessage;
  /** What was read, at its blank lines. */
  readonly blocks: string[] = [];

  private constructor(response: IncomingMessage) {
    this.response = response;
    let rest = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      this.blocks.push(...blocks);
    });
    response.on('error', () => undefined);
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Reader> {
    const sent = request(`${url}/events`, { headers: { ...OPERATOR, ...headers } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return new Reader(response);
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get ids(): string[] {
    return this.blocks.flatMap((block) => /^id: (.*)$/m.exec(block)?.[1] ?? []);
  }

  get events(): SessionEvent[] {
    return this.blocks.flatMap((block) => {
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      return data === undefined ? [] : [parseSessionEvent(JSON.parse(data))];
    });
  }

  async until(isEnough: (reader: Reader) => boolean): Promise<void> {
    const enough = (async () => {
      while (!isEnough(this)) await once(this.response, 'data');
    })();
    await pTimeout(enough, {
      milliseconds: WAIT_MS,
      fallback: () => {
        throw new Error(`only: ${this.ids.join(', ')}`);
      },
    });
  }

  async ended(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.response.once('close', resolve));
    if (!this.response.closed) await pTimeout(closed, { milliseconds: WAIT_MS });
  }

  close(): void {
    this.response.destroy();
  }
}

describe('GET /events', () => {
  let feed: EventFeed;
  let app: FastifyInstance;
  let url: string;
  const serve = async (heartbeatMs?: number) => {
    feed = new EventFeed();
    app = fastify();
    serveEvents(app, feed, { heartbeatMs });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  };
  beforeEach(() => serve());
  afterEach(() => app.close());

  test('tells operators alone', async () => {
    const answers = await Promise.all(
      [
        { 'x-user-id': 'ada', 'x-org-id': 'acme' },
        { 'x-user-id': 'ada', 'x-org-id': 'acme', 'x-role': 'admin' },
        { 'x-role': 'operator' },
      ].map(async (headers) => {
        const response = await fetch(`${url}/events`, { headers: headers as Record<string, string> });
        return [response.status, ((await response.json()) as { code: string }).code];
      }),
    );
    expect(answers).toEqual([
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [401, 'UNAUTHORIZED'],
    ]);
  });

  test('tells what happens as it happens, each event once, with its id and its type', async () => {
    const reader = await Reader.open(url);
    expect([reader.status, reader.response.headers['content-type']]).toEqual([200, 'text/event-stream']);
    await feed.deliver([event(1), event(2)]);
    await feed.deliver([event(2), event(3)]);
    await reader.until(({ ids }) => ids.length >= 3);
    expect(reader.blocks).toContain(`id: s:1\nevent: session.prompt-updated\ndata: ${JSON.stringify(event(1))}`);
    expect(reader.events).toEqual([event(1), event(2), event(3)]);
  });

  test('goes on after the event that a reader names, and begins with what is kept if it is not known', async () => {
    await feed.deliver([event(1), event(2), event(3)]);
    const returning = await Reader.open(url, { 'last-event-id': 's:2' });
    const stranger = await Reader.open(url, { 'last-event-id': 'unknown' });
    await feed.deliver([event(4)]);
    await returning.until(({ ids }) => ids.includes('s:4'));
    await stranger.until(({ ids }) => ids.includes('s:4'));
    expect(returning.ids).toEqual(['s:3', 's:4']);
    expect(stranger.ids).toEqual(['s:1', 's:2', 's:3', 's:4']);
  });

  test('keeps a bounded number of events', async () => {
    await feed.deliver(Array.from({ length: 1_200 }, (_, index) => event(index + 1)));
    const kept = feed.since('s:1').map(({ version }) => version);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, 201, 1_200]);
  });

  test('has a bounded number of readers, and room again when one goes', async () => {
    const readers = await Promise.all(Array.from({ length: 32 }, () => Reader.open(url)));
    expect(readers.map(({ status }) => status)).toEqual(Array(32).fill(200));
    const refused = await Reader.open(url);
    await refused.ended();
    expect([refused.status, refused.response.headers['retry-after']]).toEqual([503, '1']);
    readers[0]?.close();
    const until = Date.now() + WAIT_MS;
    let next = await Reader.open(url);
    while (next.status !== 200 && Date.now() < until) next = await Reader.open(url);
    expect(next.status).toBe(200);
  });

  test('says now and then that it is alive', async () => {
    await app.close();
    await serve(10);
    const reader = await Reader.open(url);
    await reader.until(({ blocks }) => blocks.length > 4);
    expect(new Set(reader.blocks)).toEqual(new Set([':']));
  });

  test('drops a reader that does not read, and no other', async () => {
    const reader = await Reader.open(url);
    const slow = await Reader.open(url);
    slow.response.pause();
    // Far more than what the machine keeps for a connection.
    const large = 'x'.repeat(512 * 1024);
    for (let version = 1; version <= 50; version++) {
      await feed.deliver([{ ...event(version), orgId: large }]);
      await reader.until(({ ids }) => ids.length >= version);
    }
    slow.response.resume();
    await slow.ended();
    expect(slow.response.complete).toBe(false);
    expect(slow.ids.length).toBeLessThan(50);
    await feed.deliver([event(1_000)]);
    await reader.until(({ ids }) => ids.includes('s:1000'));
  });

  test('ends when the server stops', async () => {
    const reader = await Reader.open(url);
    await app.close();
    await reader.ended();
    expect(reader.response.complete).toBe(true);
  });
});

describe('two instances on one table', () => {
  // Reading a stream takes DynamoDB Local the longer the more all tables together have written.
  let database: RunningDynamoDbLocal;
  beforeAll(async () => {
    database = await startDynamoDbLocal();
  });
  afterAll(() => database?.stop());

  test(
    'each tell what happened by either, and stop with readers on them',
    async () => {
      const shared = { DYNAMODB_ENDPOINT: database.endpoint, WORKSPACE_ROOT: await newDirectory() };
      const one = await startServer(shared);
      const other = await startServer(shared);
      const readers = await Promise.all([one, other].map(({ url }: LocalServer) => Reader.open(url)));
      const session = await createSession(one);
      await ask(other, 'PUT', `/sessions/${session.id}/system-prompt`, { body: { systemPrompt: 'Be brief.' } });
      await ask(other, 'DELETE', `/sessions/${session.id}`);
      const expected = ['1 session.created', '2 session.prompt-updated', '3 session.ended'];
      for (const reader of readers) {
        await reader.until(({ ids }) => ids.includes(`${session.id}:3`));
        expect(reader.events.map(({ version, type }) => `${version} ${type}`)).toEqual(expected);
        expect(reader.ids).toEqual([1, 2, 3].map((version) => `${session.id}:${version}`));
      }
      expect(await one.stop()).toMatchObject({ code: 0 });
      expect(await other.stop()).toMatchObject({ code: 0 });
      for (const reader of readers) await reader.ended();
    },
    LONG,
  );
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { streamHandler } from '../../lib/api/stream-handler.ts';
import { dynamoDbConfig } from '../../lib/composition/clients.ts';
import { SessionTerminationStore, type PendingTermination } from '../../lib/mcp-clients/session-termination-store.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { terminationKey } from '../../lib/table/keys.ts';
import { StreamCheckpoint } from '../../local/stream-checkpoint.ts';
import { StreamPoller } from '../../local/stream-poller.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { serve, type HttpServer } from './http-servers.ts';
import { documentClient } from '../setup/document-client.ts';
import { oneAPage } from '../setup/small-pages.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

const FAR_AHEAD = new Date('2030-01-01T00:00:00Z');

describe('a farewell that does not get through', () => {
  let clock: TestClock;
  let stack: TestStack;
  let server: HttpServer;
  let streams: DynamoDBStreamsClient;
  let directory: string;
  let poller: StreamPoller;
  /** Which the stream has delivered nothing to so far. */
  let newPoller: () => Promise<StreamPoller>;
  /** How the server answers a DELETE. */
  let onFarewell: (response: ServerResponse) => void;
  let asked: string[];

  beforeEach(async () => {
    clock = new TestClock();
    asked = [];
    stack = await newStack({ INACTIVITY_SECONDS: '2592000' }, clock);
    server = await serve((request, response) => {
      if (request.method === 'DELETE') {
        asked.push(String(request.headers['mcp-session-id']));
        return onFarewell(response);
      }
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        const { id, params } = JSON.parse(text) as { id?: number; params?: { protocolVersion: string } };
        if (id === undefined) return response.writeHead(202).end();
        const result = {
          protocolVersion: params?.protocolVersion,
          capabilities: {},
          serverInfo: { name: 'x', version: '1' },
        };
        response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'theirs' });
        return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });
    });
    const { Table } = await stack.client.send(new DescribeTableCommand({ TableName: stack.config.tableName }));
    const streamArn = Table?.LatestStreamArn as string;
    directory = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
    streams = new DynamoDBStreamsClient(dynamoDbConfig(stack.config, OWN_DATABASE));
    newPoller = async () => {
      const checkpoint = await StreamCheckpoint.open(await mkdtemp(path.join(directory, 'of-')), streamArn);
      return new StreamPoller(
        streams,
        streamArn,
        checkpoint,
        streamHandler(() => stack),
      );
    };
    poller = await newPoller();
  });
  afterEach(async () => {
    streams.destroy();
    await server.close();
    await stack.close();
    await rm(directory, { recursive: true });
  });

  const unavailable = (response: ServerResponse) => void response.writeHead(503).end();
  const store = () => new SessionTerminationStore(new DynamoTable(stack.client, stack.config.tableName));
  const kept = async () => {
    const all = [];
    for await (const page of store().due(FAR_AHEAD)) all.push(...page);
    return all.map(({ sessionId, attempts }) => ({ sessionId, attempts }));
  };
  const sweep = () => stack.manager.cleanupInactiveSessions();
  /** Ends a session whose MCP server answers no farewell, and lets the stream find that out. */
  const endInVain = async () => {
    const session = await stack.manager.createSession('ada', 'acme');
    await session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url });
    onFarewell = unavailable;
    await stack.manager.cleanupSession(session.id);
    await poller.poll();
    return session.id;
  };

  test('is kept, and said again by a later cleanup and the stream that follows, until the server hears it', async () => {
    const sessionId = await endInVain();
    expect(asked).toEqual(['theirs']);
    expect(await kept()).toEqual([{ sessionId, attempts: 1 }]);
    await sweep();
    await poller.poll();
    expect(asked).toHaveLength(1);
    clock.advance({ seconds: 5 * 60 });
    await sweep();
    await poller.poll();
    expect(asked).toHaveLength(2);
    expect(await kept()).toEqual([{ sessionId, attempts: 2 }]);
    onFarewell = (response) => void response.writeHead(200).end();
    clock.advance({ seconds: 10 * 60 });
    await sweep();
    await poller.poll();
    expect(asked).toEqual(['theirs', 'theirs', 'theirs']);
    expect(await kept()).toEqual([]);
    clock.advance({ seconds: 24 * 60 * 60 });
    await sweep();
    await poller.poll();
    expect(asked).toHaveLength(3);
  });

  test('is kept once, however often the stream delivers the end: its attempts began anew', async () => {
    const sessionId = await endInVain();
    clock.advance({ seconds: 5 * 60 });
    await sweep();
    await poller.poll();
    expect(await kept()).toEqual([{ sessionId, attempts: 2 }]);
    await (await newPoller()).poll();
    expect(asked.length).toBeGreaterThan(2);
    expect(await kept()).toEqual([{ sessionId, attempts: 2 }]);
  });

  test('is given up after the fifth attempt', async () => {
    const sessionId = await endInVain();
    for (let attempt = 2; attempt <= 4; attempt++) {
      clock.advance({ seconds: 60 * 60 });
      await sweep();
      await poller.poll();
      expect(await kept()).toEqual([{ sessionId, attempts: attempt }]);
    }
    clock.advance({ seconds: 2 * 60 * 60 });
    await sweep();
    await poller.poll();
    expect(asked).toHaveLength(5);
    expect(await kept()).toEqual([]);
  });

  test('asks for no further page when the time is up, also where a page has none whose time has come', async () => {
    await endInVain();
    await endInVain();
    const time = new AbortController();
    let queries = 0;
    oneAPage(stack.client);
    const counted = () => (queries++, time.abort());
    inject(stack.client, { after: (command) => void (command === 'QueryCommand' && counted()) });
    await stack.parts.terminations.retryDue(time.signal);
    await stack.parts.terminations.retryDue(time.signal);
    expect(queries).toBe(1);
  });

  describe('and was forged', () => {
    const forge = (sk: string, values: Record<string, unknown>) =>
      documentClient(stack.client).send(
        new PutCommand({
          TableName: stack.config.tableName,
          Item: { ...terminationKey(sk, 'x'), retryAt: '2000-01-01T00:00:00.000Z', attempts: 1, ...values },
        }),
      );
    const BROKEN = [{}, { client: 1 }, { client: { connection: 'x' } }, { sessionId: 's', client: {}, attempts: 'x' }];

    test('stops none of the others: whatever came after it was never tried again', async () => {
      const sessionId = await endInVain();
      for (const [index, values] of BROKEN.entries()) await forge(`0${index}`, values);
      clock.advance({ seconds: 5 * 60 });
      await sweep();
      await poller.poll();
      expect(await kept()).toContainEqual({ sessionId, attempts: 2 });
    });

    test('says nothing, and fails no batch of the stream when it is tried again', async () => {
      for (const values of BROKEN) {
        await stack.parts.terminations.retry({ sessionId: 's', attempts: 1, retryAt: '', ...values } as never);
      }
      expect(asked).toEqual([]);
    });
  });

  test('is not counted back by a cleanup that read it before others tried', async () => {
    const sessionId = await endInVain();
    const { value: read } = (await store().due(FAR_AHEAD).next()) as { value: PendingTermination[] };
    for (let attempt = 2; attempt <= 3; attempt++) {
      clock.advance({ seconds: 60 * 60 });
      await sweep();
      await poller.poll();
    }
    expect(await store().countAttempt(read[0] as PendingTermination, FAR_AHEAD)).toBe(false);
    expect(await kept()).toEqual([{ sessionId, attempts: 3 }]);
  });

  test('is not waited for longer than 2 s, and fails no batch', async () => {
    const session = await stack.manager.createSession('ada', 'acme');
    await session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url });
    onFarewell = () => undefined;
    await stack.manager.cleanupSession(session.id);
    const startedAt = performance.now();
    await poller.poll();
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(1_900);
    expect(tookMs).toBeLessThan(10_000);
    expect(await kept()).toEqual([{ sessionId: session.id, attempts: 1 }]);
  });
});

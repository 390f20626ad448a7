import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import { streamHandler, type StreamHandler } from '../../lib/api/stream-handler.ts';
import { dynamoDbConfig } from '../../lib/composition/clients.ts';
import { StreamCheckpoint } from '../../local/stream-checkpoint.ts';
import { StreamPoller } from '../../local/stream-poller.ts';
import { startEverythingServer, type EverythingServer } from '../mcp-clients/everything-server.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';

describe('session-events', () => {
  const clock = new TestClock();
  let mcp: EverythingServer;
  let stack: TestStack;
  let streams: DynamoDBStreamsClient;
  let streamArn: string;
  let directory: string;
  beforeAll(async () => {
    mcp = await startEverythingServer();
  });
  afterAll(() => mcp?.stop());
  beforeEach(async () => {
    stack = await newStack({ TOUCH_INTERVAL_SECONDS: '0' }, clock);
    directory = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
    const { Table } = await stack.client.send(new DescribeTableCommand({ TableName: stack.config.tableName }));
    streamArn = Table?.LatestStreamArn as string;
    streams = new DynamoDBStreamsClient(dynamoDbConfig(stack.config, OWN_DATABASE));
  });
  afterEach(async () => {
    streams.destroy();
    await stack.close();
    await rm(directory, { recursive: true });
  });

  const poller = async (handler: StreamHandler) =>
    new StreamPoller(streams, streamArn, await StreamCheckpoint.open(directory, streamArn), handler);
  const collecting =
    (into: DynamoDBRecord[]): StreamHandler =>
    async ({ Records }) => {
      into.push(...Records);
      return { batchItemFailures: [] };
    };
  const told = (records: DynamoDBRecord[]) =>
    records.map(({ eventName, dynamodb }) => `${eventName} ${dynamodb?.Keys?.sk?.S}`);
  const withClient = async () => {
    const session = await stack.manager.createSession('ada', 'acme');
    await session.addMcpClient({ id: 'tools', type: 'http', endpoint: mcp.url });
    return { session, mcpSessionId: (await mcp.sessions()).opened.at(-1) as string };
  };

  test('hears of sessions, of changes that others are told of, of MCP clients that go, and never of a touch', async () => {
    const { session } = await withClient();
    for (let touch = 1; touch <= 5; touch++) {
      clock.advance({ seconds: 100 });
      await session.heartbeat();
    }
    await session.updateMetadata({ a: 'b' });
    await session.updateSystemPrompt('one');
    await session.updateSystemPrompt('two');
    await stack.manager.cleanupSession(session.id);
    const records: DynamoDBRecord[] = [];
    await (await poller(collecting(records))).poll();
    const removed = told(records)
      .filter((line) => line.startsWith('REMOVE'))
      .sort();
    expect(told(records).filter((line) => !line.startsWith('REMOVE'))).toEqual([
      'INSERT SESSION',
      'MODIFY SESSION',
      'MODIFY SESSION',
      'MODIFY SESSION',
    ]);
    expect(removed).toEqual(['REMOVE MCP#tools', 'REMOVE SESSION']);
  });

  test('ends the MCP sessions of an ended session on their server, also if the end was before it looked', async () => {
    const { session, mcpSessionId } = await withClient();
    await stack.manager.cleanupSession(session.id);
    expect((await mcp.sessions()).ended).not.toContain(mcpSessionId);
    await (await poller(streamHandler(() => stack))).poll();
    expect((await mcp.sessions()).ended).toContain(mcpSessionId);
  });

  test('goes on after a restart where it was, and keeps a failed batch for the next delivery', async () => {
    await stack.manager.createSession('ada', 'acme');
    const [first, second]: DynamoDBRecord[][] = [[], []];
    await (await poller(collecting(first as DynamoDBRecord[]))).poll();
    await stack.manager.createSession('bob', 'acme');
    let deliveries = 0;
    const failingOnce: StreamHandler = async ({ Records }) => {
      if (++deliveries === 1)
        return { batchItemFailures: [{ itemIdentifier: Records[0]?.dynamodb?.SequenceNumber ?? '' }] };
      return collecting(second as DynamoDBRecord[])({ Records });
    };
    await (await poller(failingOnce)).poll();
    expect(told(first as DynamoDBRecord[])).toEqual(['INSERT SESSION']);
    expect(told(second as DynamoDBRecord[])).toEqual(['INSERT SESSION']);
    expect(deliveries).toBe(2);
    expect(first?.[0]?.eventID).not.toBe(second?.[0]?.eventID);
  });

  // Only the failed record came again, so that handling the others twice was tried by nobody before Lambda.
  test('is told again of all from the first failed record on, and handles those that it had handled', async () => {
    const ended = [await withClient(), await withClient()];
    for (const { session } of ended) await stack.manager.cleanupSession(session.id);
    const deliveries: { told: string[]; failed: string[] }[] = [];
    const failingOnce: StreamHandler = async ({ Records }) => {
      const answer = await streamHandler(() => stack)({ Records });
      deliveries.push({
        told: told(Records),
        failed: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
      });
      if (deliveries.length > 1) return answer;
      return {
        batchItemFailures: [1, 3].map((at) => ({ itemIdentifier: Records[at]?.dynamodb?.SequenceNumber ?? '' })),
      };
    };
    await (await poller(failingOnce)).poll();
    const [first, second] = deliveries;
    expect(deliveries.map(({ failed }) => failed)).toEqual([[], []]);
    expect(first?.told.length).toBeGreaterThan(4);
    expect(second?.told).toEqual(first?.told.slice(1));
    const wasEnded = (await mcp.sessions()).ended;
    for (const { mcpSessionId } of ended) expect(wasEnded).toContain(mcpSessionId);
  });

  test('does not fail a batch for an MCP server that is gone, but names a record that it cannot handle', async () => {
    const records: DynamoDBRecord[] = [];
    const { session } = await withClient();
    await stack.manager.cleanupSession(session.id);
    await (await poller(collecting(records))).poll();
    const removal = records.find(({ dynamodb }) => dynamodb?.OldImage?.connection) as DynamoDBRecord;
    const gone = structuredClone(removal);
    (gone.dynamodb?.OldImage?.address?.M as { endpoint: object }).endpoint = { S: 'http://127.0.0.1:9/mcp' };
    const broken = structuredClone(removal);
    delete broken.dynamodb?.OldImage?.connection;
    (broken.dynamodb as { SequenceNumber: string }).SequenceNumber = '42';
    const answer = await streamHandler(() => stack)({ Records: [gone, broken, removal] });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '42' }] });
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { streamHandler, type StreamHandler } from '../../../lib/api/stream-handler.ts';
import { parseSessionEvent, type SessionEvent } from '../../../lib/telemetry/events/index.ts';
import { dynamoDbConfig } from '../../../lib/composition/clients.ts';
import { sessionKey } from '../../../lib/table/keys.ts';
import { StreamEffects } from '../../../lib/sessions/stream/stream-effects.ts';
import type { SessionHandle } from '../../../lib/sessions/session.ts';
import { StreamCheckpoint } from '../../../local/stream-checkpoint.ts';
import { StreamPoller } from '../../../local/stream-poller.ts';
import { startEverythingServer, type EverythingServer } from '../../mcp-clients/everything-server.ts';
import { documentClient } from '../../setup/document-client.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { EventBridgeServer, type SentEntry } from './event-bridge-server.ts';
import { problemsOf } from './json-schema.ts';
import { sinkAt } from './sink-at.ts';
import { OWN_DATABASE } from '../../setup/own-database.ts';

/** Out of DynamoDB Local’s stream, through the real handler and the real SDK, to what stands for EventBridge. */
describe('the events of a session’s life', () => {
  let mcp: EverythingServer;
  let bus: EventBridgeServer;
  let stack: TestStack;
  let streams: DynamoDBStreamsClient;
  let streamArn: string;
  let directory: string;
  let handler: StreamHandler;

  beforeAll(async () => {
    mcp = await startEverythingServer();
    bus = await EventBridgeServer.start();
  });
  afterAll(async () => {
    await bus?.stop();
    await mcp?.stop();
  });
  beforeEach(async () => {
    bus.reset();
    stack = await newStack({ TOUCH_INTERVAL_SECONDS: '0' });
    directory = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
    const { Table } = await stack.client.send(new DescribeTableCommand({ TableName: stack.config.tableName }));
    streamArn = Table?.LatestStreamArn as string;
    streams = new DynamoDBStreamsClient(dynamoDbConfig(stack.config, OWN_DATABASE));
    const effects = new StreamEffects(stack.parts.terminations, stack.parts.audit, undefined, sinkAt(bus));
    handler = streamHandler(() => ({ ...stack, effects }));
  });
  afterEach(async () => {
    streams.destroy();
    await stack.close();
    await rm(directory, { recursive: true });
  });

  const eventIn = ({ Detail = '' }: SentEntry) => parseSessionEvent(JSON.parse(Detail));
  const sent = () => bus.taken.map(eventIn);
  /** Delivers what the stream has, and gives what it delivered. */
  async function poll(to: StreamHandler = handler): Promise<DynamoDBRecord[]> {
    const delivered: DynamoDBRecord[] = [];
    const checkpoint = await StreamCheckpoint.open(directory, streamArn);
    const recording: StreamHandler = async (event) => {
      delivered.push(...event.Records);
      return to(event);
    };
    await new StreamPoller(streams, streamArn, checkpoint, recording).poll();
    return delivered;
  }
  const addClient = (session: SessionHandle, id: string) =>
    session.addMcpClient({
      id,
      type: 'http',
      endpoint: `${mcp.url}?canary-endpoint`,
      name: 'canary-name',
      headers: { 'x-key': 'canary-header' },
    });
  async function wholeLife(): Promise<string> {
    const session = await stack.manager.createSession('ada', 'acme', { metadata: { canary: 'canary-metadata' } });
    await session.updateSystemPrompt('canary-prompt');
    await session.heartbeat();
    await addClient(session, 'tools');
    await addClient(session, 'more');
    await session.updateMetadata({ canary: 'canary-later' });
    await session.removeMcpClient('tools');
    await session.updateSystemPrompt('canary-prompt again');
    await stack.manager.cleanupSession(session.id);
    return session.id;
  }

  test('are told once each, and their versions give the order in which it happened', async () => {
    const sessionId = await wholeLife();
    await poll();
    const events = sent().sort((one, other) => one.version - other.version);
    expect(events.map(({ type, version }) => `${version} ${type}`)).toEqual([
      '1 session.created',
      '2 session.prompt-updated',
      '3 mcp-client.added',
      '4 mcp-client.added',
      '6 mcp-client.removed',
      '7 session.prompt-updated',
      '8 session.ended',
    ]);
    expect(events.map(({ id }) => id)).toEqual(events.map(({ version }) => `${sessionId}:${version}`));
    for (const event of events) expect(event).toMatchObject({ sessionId, userId: 'ada', orgId: 'acme' });
    expect(events.flatMap((event) => ('mcpClientId' in event ? event.mcpClientId : []))).toEqual([
      'tools',
      'more',
      'tools',
    ]);
    expect(events.at(-1)).toMatchObject({ reason: 'requested', mcpClientIds: ['more'] });
  });

  test('are as their schemas say, on EventBridge under source and type, without a word of contents', async () => {
    await wholeLife();
    await poll();
    expect(bus.taken).toHaveLength(7);
    for (const { Source, DetailType, EventBusName, Time = 0, Detail = '' } of bus.taken) {
      const detail = JSON.parse(Detail) as SessionEvent;
      expect([Source, DetailType, EventBusName]).toEqual(['agent-session-manager', detail.type, 'default']);
      expect(Time * 1000).toBe(Date.parse(detail.time));
      expect(problemsOf(detail)).toEqual([]);
      expect(detail).toEqual(parseSessionEvent(detail));
      expect(Detail).not.toMatch(/canary|127\.0\.0\.1|http/);
    }
  });

  test('are the same, id for id, when a batch is delivered again', async () => {
    await wholeLife();
    const records = await poll();
    const first = [...bus.taken];
    bus.reset();
    expect(await handler({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(bus.taken).toEqual(first);
    expect(new Set(sent().map(({ id }) => id)).size).toBe(7);
  });

  test('each have a version of their own, however many changes come at once', async () => {
    const session = await stack.manager.createSession('ada', 'acme');
    const other = await newStack({ ...stack.env });
    try {
      const instances = [stack, other].map(({ manager }) => manager.session(session.id));
      await Promise.all(
        instances.flatMap((instance, index) => [
          instance.updateSystemPrompt(`one ${index}`),
          instance.updateSystemPrompt(`two ${index}`),
          addClient(instance, `a${index}`),
          instance.updateMetadata({ index: String(index) }),
        ]),
      );
    } finally {
      other.client.destroy();
    }
    await poll();
    const versions = sent().map(({ version }) => version);
    expect(versions).toHaveLength(7);
    expect(new Set(versions).size).toBe(7);
    expect(Math.max(...versions)).toBeLessThanOrEqual(9);
  });

  test('say why a session ended and how long it was there', async () => {
    const idle = await stack.manager.createSession('ada', 'acme', { inactivitySeconds: 60 });
    const [record] = (await poll()) as [DynamoDBRecord];
    await stack.parts.ending.end(idle.id, 'inactive');
    const [removal] = (await poll()) as [DynamoDBRecord];
    expect(sent()).toMatchObject([
      { type: 'session.created', inactivitySeconds: 60, createdAt: idle.getSessionInfo().createdAt },
      { type: 'session.ended', reason: 'inactive', version: 2 },
    ]);
    bus.reset();
    const later = structuredClone(removal);
    const createdSeconds = Math.floor(Date.parse(idle.getSessionInfo().createdAt) / 1000);
    Object.assign(later.dynamodb as object, { ApproximateCreationDateTime: createdSeconds + 3_600 });
    const before = structuredClone(later);
    Object.assign(before.dynamodb as object, { ApproximateCreationDateTime: createdSeconds - 5 });
    await handler({ Records: [later, before] });
    expect(record.eventName).toBe('INSERT');
    const [long, none] = sent().map((event) => 'durationSeconds' in event && event.durationSeconds);
    expect([3_599, 3_600]).toContain(long);
    expect(none).toBe(0);
  });

  // Its record had no reason, failed five times, and everything behind it waited.
  test('tell of a session whose item somebody deleted by hand, and do not stop at it', async () => {
    const session = await stack.manager.createSession('ada', 'acme');
    await documentClient(stack.client).send(
      new DeleteCommand({ TableName: stack.config.tableName, Key: sessionKey(session.id) }),
    );
    const answers: DynamoDBBatchResponse[] = [];
    await poll(async (event) => {
      const answer = await handler(event);
      answers.push(answer);
      return answer;
    });
    expect(answers).toEqual([{ batchItemFailures: [] }]);
    expect(sent()).toMatchObject([
      { id: `${session.id}:1`, type: 'session.created' },
      { id: `${session.id}:2`, type: 'session.ended', reason: 'requested', version: 2 },
    ]);
  });

  test('that EventBridge does not take come again, and those alone', async () => {
    const [one, two] = [
      await stack.manager.createSession('ada', 'acme'),
      await stack.manager.createSession('bob', 'acme'),
    ];
    let times = 0;
    bus.refuses = ({ Detail = '' }) => (Detail.includes(two.id) && times++ === 0 ? 'ThrottlingException' : undefined);
    const answers: DynamoDBBatchResponse[] = [];
    const records = await poll(async (event) => {
      const answer = await handler(event);
      answers.push(answer);
      return answer;
    });
    expect(records).toHaveLength(3);
    expect(answers).toEqual([
      { batchItemFailures: [{ itemIdentifier: records[1]?.dynamodb?.SequenceNumber }] },
      { batchItemFailures: [] },
    ]);
    expect(sent().map(({ id }) => id)).toEqual([`${one.id}:1`, `${two.id}:1`]);
  });

  test('that cannot be read name their record, and the others are told', async () => {
    await stack.manager.createSession('ada', 'acme');
    const [record] = (await poll()) as [DynamoDBRecord];
    bus.reset();
    const broken = structuredClone(record);
    delete broken.dynamodb?.NewImage?.orgId;
    Object.assign(broken.dynamodb as object, { SequenceNumber: '42' });
    expect(await handler({ Records: [broken, record] })).toEqual({ batchItemFailures: [{ itemIdentifier: '42' }] });
    expect(bus.taken).toHaveLength(1);
  });
});

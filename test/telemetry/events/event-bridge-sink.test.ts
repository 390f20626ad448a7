import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventBridgeSink } from '../../../lib/telemetry/events/event-bridge-sink.ts';
import {
  SESSION_EVENT_TYPES,
  sessionEventJsonSchemas,
  type SessionEvent,
} from '../../../lib/telemetry/events/index.ts';
import { END_REASONS, parseSessionEvent } from '../../../lib/telemetry/events/session-event.ts';
import { EventBridgeServer } from './event-bridge-server.ts';
import { problemsOf } from './json-schema.ts';
import { sinkAt } from './sink-at.ts';

const event = (version: number): SessionEvent => ({
  id: `s:${version}`,
  type: 'mcp-client.added',
  version,
  time: '2026-11-22T12:00:00.000Z',
  sessionId: 's',
  userId: 'ada',
  orgId: 'acme',
  mcpClientId: 'tools',
});
const events = (count: number) => Array.from({ length: count }, (_, index) => event(index + 1));
const forever = () => new AbortController().signal;
const idsOf = (undelivered: { event: SessionEvent }[]) => undelivered.map(({ event: { id } }) => id);

describe('what goes to EventBridge', () => {
  let bus: EventBridgeServer;
  beforeAll(async () => {
    bus = await EventBridgeServer.start();
  });
  afterAll(() => bus?.stop());
  beforeEach(() => bus.reset());

  test('goes in batches of ten, and nothing is asked for nothing', async () => {
    expect(await sinkAt(bus).deliver([], forever())).toEqual([]);
    expect(bus.asked).toEqual([]);
    expect(await sinkAt(bus).deliver(events(25), forever())).toEqual([]);
    expect(bus.asked.sort()).toEqual([10, 10, 5]);
    expect(bus.taken).toHaveLength(25);
  });

  test('and is refused in part is named, with the code', async () => {
    bus.refuses = ({ Detail = '' }) => (/"s:(3|12)"/.test(Detail) ? 'InternalFailure' : undefined);
    const undelivered = await sinkAt(bus).deliver(events(12), forever());
    expect(idsOf(undelivered)).toEqual(['s:3', 's:12']);
    expect(String(undelivered[0]?.reason)).toContain('InternalFailure');
    expect(bus.taken).toHaveLength(10);
  });

  test('and is throttled goes again, a few times', async () => {
    bus.failures.push('ThrottlingException', 'ThrottlingException');
    expect(await sinkAt(bus).deliver(events(2), forever())).toEqual([]);
    expect(bus.asked).toEqual([2, 2, 2]);
    bus.reset();
    bus.failures.push(...Array<string>(5).fill('ThrottlingException'));
    expect(idsOf(await sinkAt(bus).deliver(events(2), forever()))).toEqual(['s:1', 's:2']);
    expect(bus.asked).toHaveLength(3);
  });

  test('and may not go is not asked for again', async () => {
    bus.failures.push('AccessDeniedException');
    const undelivered = await sinkAt(bus).deliver(events(1), forever());
    expect(undelivered).toMatchObject([{ event: event(1), reason: { name: 'AccessDeniedException' } }]);
    expect(bus.asked).toEqual([1]);
  });

  test('and is never answered is given up: each request by its timeout, all of them by the signal', async () => {
    bus.hangs = true;
    expect(idsOf(await sinkAt(bus, 100).deliver(events(1), forever()))).toEqual(['s:1']);
    expect(bus.asked).toHaveLength(3);
    const undelivered = await sinkAt(bus, 60_000).deliver(events(11), AbortSignal.timeout(100));
    expect(undelivered).toHaveLength(11);
  });

  test('is far below the limit of a request, ten of the largest events included', async () => {
    const large: SessionEvent = {
      ...event(Number.MAX_SAFE_INTEGER),
      type: 'session.ended',
      userId: '"'.repeat(128),
      orgId: '\\'.repeat(128),
      reason: 'workspace-creation-failed',
      createdAt: '2026-11-22T12:00:00.000Z',
      durationSeconds: Number.MAX_SAFE_INTEGER,
      mcpClientIds: Array.from({ length: 90 }, (_, index) => String(index).padEnd(64, 'x')),
    };
    expect(Buffer.byteLength(JSON.stringify(large))).toBeLessThan(10 * 1024);
    expect(await sinkAt(bus).deliver(Array<SessionEvent>(10).fill(large), forever())).toEqual([]);
    expect(bus.asked).toEqual([10]);
  });

  test('goes nowhere where no bus is configured', () => {
    expect(eventBridgeSink({ eventBusName: undefined }, {})).toBeUndefined();
  });
});

describe('the schemas of the events', () => {
  test('are there for each type, as JSON Schema by construction', () => {
    expect(Object.keys(sessionEventJsonSchemas)).toEqual(SESSION_EVENT_TYPES);
    for (const type of SESSION_EVENT_TYPES) {
      const { properties, required = [], $schema } = sessionEventJsonSchemas[type];
      expect($schema).toBe('https://json-schema.org/draft/2020-12/schema');
      expect(properties?.type).toMatchObject({ const: type });
      expect(required).toEqual(expect.arrayContaining(['id', 'type', 'version', 'time', 'sessionId']));
    }
    expect(sessionEventJsonSchemas['session.ended'].properties?.reason).toMatchObject({ enum: END_REASONS });
  });

  test('take what later versions add, and refuse what is no event; the parser with them', () => {
    const later = { ...event(1), added: true };
    expect(problemsOf(later)).toEqual(['added is not in the schema']);
    expect(parseSessionEvent(later)).toEqual(event(1));
    const without = { ...event(1), mcpClientId: undefined };
    const wrong = [without, { ...event(1), version: 0 }, { ...event(1), version: 1.5 }, { ...event(1), time: 'now' }];
    for (const detail of wrong) {
      expect(problemsOf(detail as SessionEvent)).toHaveLength(1);
      expect(() => parseSessionEvent(detail)).toThrow();
    }
    expect(() => parseSessionEvent({ ...event(1), type: 'session.renamed' })).toThrow();
  });
});

import { beforeAll, describe, expect, test } from '@jest/globals';
import { ourCosts, ONE_KB_PROMPT } from './our-costs.ts';
import type { Cost } from './capacity-meter.ts';
import { ALL_IN } from './costs.ts';
import { allIn, costOf, USAGES } from './operation-costs.ts';
import { priceOf } from './prices.ts';

describe('what an operation asks of DynamoDB', () => {
  let costs: Awaited<ReturnType<typeof ourCosts>>;
  beforeAll(async () => {
    costs = await ourCosts();
  });

  test('the prompt is of 1 KB', () => expect(Buffer.byteLength(ONE_KB_PROMPT)).toBe(1024));

  test.each([
    ['create', { requests: 1, readUnits: 0, writeUnits: 16 }],
    ['create, prompt layers not cached', { requests: 2, readUnits: 3, writeUnits: 16 }],
    ['create, a prompt of random characters', { requests: 1, readUnits: 0, writeUnits: 16 }],
    ['get, active within the touch interval', { requests: 1, readUnits: 1, writeUnits: 0 }],
    ['get with a touch', { requests: 2, readUnits: 1, writeUnits: 1 }],
    ['get with a touch into another bucket', { requests: 2, readUnits: 1, writeUnits: 3 }],
    ['list, a page', { requests: 2, readUnits: 3, writeUnits: 0 }],
    ['count of a user', { requests: 1, readUnits: 1, writeUnits: 0 }],
    ['call a tool', { requests: 2, readUnits: 2, writeUnits: 0 }],
    ['call a tool, of a server of 2026-07-28', { requests: 2, readUnits: 2, writeUnits: 0 }],
  ] as [keyof typeof costs, Cost][])('%s', (operation, cost) => expect(costs[operation]).toEqual(cost));

  test('of which the documents say what a million costs is what is measured', () => {
    for (const [operation, { readUnits, writeUnits }] of Object.entries(USAGES)) {
      const measured = costs[operation];
      expect([operation, readUnits, writeUnits]).toEqual([operation, measured?.readUnits, measured?.writeUnits]);
    }
  });

  test('costs at most what the benchmark states, with all that is paid besides', () => {
    for (const [operation, most] of ALL_IN) {
      expect(allIn(operation)).toBeLessThanOrEqual(most);
      expect(allIn(operation)).toBeGreaterThan(most * 0.8);
    }
    expect(ALL_IN.map(([operation]) => operation)).toEqual(Object.keys(USAGES));
  });

  // What the stream's function did had no trace in the sums, and ended sessions on MCP servers without the key.
  test('includes what session-events is paid for: its trace, and the key with which it ends an MCP session', () => {
    const told = costOf('end, with an MCP client');
    expect(told.traces).toBeCloseTo(2 * (costOf('get with a touch').traces ?? 0));
    expect(told['KMS, events']).toBeCloseTo(1e6 * (priceOf('kmsRequest') + priceOf('event')));
  });

  test('an end takes at most 3 requests', () =>
    expect(costs['end, with an MCP client']?.requests).toBeLessThanOrEqual(3));
});

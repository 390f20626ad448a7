import { beforeAll, describe, expect, test } from '@jest/globals';
import { ourCosts, ONE_KB_PROMPT } from './our-costs.ts';
import type { Cost } from './capacity-meter.ts';
import { ALL_IN } from './costs.ts';
import { allIn, USAGES } from './operation-costs.ts';

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

  test('an end takes at most 3 requests', () =>
    expect(costs['end, with an MCP client']?.requests).toBeLessThanOrEqual(3));
});

import type { BenchResult } from './bench-result.ts';
import type { Cost } from './capacity-meter.ts';
import { ourCosts } from './our-costs.ts';
import { allIn } from './operation-costs.ts';
import { peerCosts } from './peer-costs.ts';
import { priceOf } from './prices.ts';

/** In dollars per million units. */
const DOLLARS = { read: priceOf('dynamoDbReadUnit') * 1e6, write: priceOf('dynamoDbWriteUnit') * 1e6 };

/** The most that a million calls cost, in dollars: gateway, Lambda, logs, traces, files, key and events with it. */
export const ALL_IN: [operation: string, most: number][] = [
  ['create', 17],
  ['get, active within the touch interval', 3],
  ['get with a touch', 4],
  ['list, a page', 3.5],
  ['count of a user', 3],
  ['add an MCP client', 20],
  ['call a tool', 13],
  ['write a file of 1 KB', 7],
  ['read a file of 1 KB', 5],
  ['end, with an MCP client', 24],
];

const LIMITS: [operation: string, most: Partial<Cost>][] = [
  ['create', { requests: 1, writeUnits: 17 }],
  ['create, prompt layers not cached', { requests: 2, writeUnits: 17 }],
  ['create, a prompt of random characters', { requests: 1, writeUnits: 17 }],
  ['get, active within the touch interval', { requests: 1, readUnits: 1, writeUnits: 0 }],
  ['get with a touch', { writeUnits: 1 }],
  ['get with a touch into another bucket', { writeUnits: 3 }],
  ['list, a page', { requests: 2 }],
  ['count of a user', { requests: 1 }],
  ['call a tool', { requests: 2, writeUnits: 0 }],
  ['call a tool, of a server of 2026-07-28', { requests: 2, writeUnits: 0 }],
  ['end, with an MCP client', { requests: 3 }],
];

/** Requests and capacity of each operation, beside what people would use instead. Exact counts. */
export async function benchCosts(): Promise<BenchResult> {
  const ours = await ourCosts();
  const all = { 'this project': ours, ...(await peerCosts()) };
  const isWithin = ([operation, most]: (typeof LIMITS)[number]) =>
    Object.entries(most).every(([what, limit]) => (ours[operation]?.[what as keyof Cost] ?? Infinity) <= limit);
  return {
    title: 'Requests and capacity of an operation',
    columns: ['by', 'operation', 'requests', 'read units', 'write units', 'dollars per million'],
    rows: Object.entries(all).flatMap(([by, costs]) =>
      Object.entries(costs).map(([operation, { requests, readUnits, writeUnits }]) => {
        const dollars = readUnits * DOLLARS.read + writeUnits * DOLLARS.write;
        return [by, operation, String(requests), String(readUnits), String(writeUnits), dollars.toFixed(2)];
      }),
    ),
    bound:
      'ours: create 1 request (2 with a cold prompt cache) and 17 write units, get 1 and 1 read unit, a touch 1 write unit or 3, list 2, count 1, end 3, ' +
      'a warm call of a tool 2, and 1 to the server, in both eras of MCP; ' +
      `all in, dollars a million: ${ALL_IN.map(([operation, most]) => `${operation} ${most}`).join('; ')}`,
    kept: LIMITS.every(isWithin) && ALL_IN.every(([operation, most]) => allIn(operation) <= most),
  };
}

import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import { passedOnFields } from '../../lib/json/passed-on.ts';
import { routes } from '../../lib/api/routes.ts';
import type { Route } from '../../lib/operations/route.ts';

/** What direct invocations may say and HTTP may not: over HTTP the identity is that of the caller. */
const INVOKED_ONLY: Partial<Record<OperationName, readonly string[]>> = { createSession: ['orgId', 'userId'] };

const fieldsOf = (input: z.ZodMiniType): string[] => Object.keys((input as z.ZodMiniObject).def.shape).sort();

const carriedBy = ({ path, query = {}, body = [], headers = {}, contentTypes = {}, rawBody }: Route): string[] =>
  [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    ...Object.keys(query),
    ...body,
    ...Object.keys(headers),
    ...Object.keys(contentTypes),
    ...(rawBody === undefined ? [] : [rawBody]),
  ].sort();

describe('a field of an operation', () => {
  // One that its route does not name is refused over HTTP as unknown, or never arrives.
  test.each(routes.map((route) => [route.operation, route] as const))(
    '%s: each one has one place in its route',
    (name, route) => {
      const fields = fieldsOf(operations[name].input);
      expect([...carriedBy(route), ...(INVOKED_ONLY[name] ?? [])].sort()).toEqual(fields);
    },
  );

  test.each(routes.map((route) => [route.operation, route] as const))(
    '%s: clients and the server agree on whether it is passed on with numbers of any size',
    (name, { passedOn = [] }) => expect(passedOn).toEqual([...passedOnFields(operations[name].input)]),
  );

  test('is passed on where it is the arguments of a tool', () => {
    expect([...passedOnFields(operations.callMcpTool.input)]).toEqual(['arguments']);
  });

  test('that no route carries would be found out', () => {
    const route = { method: 'POST', path: '/a/{b}', body: ['c'], status: 200, repetition: 'always' } as const;
    expect(carriedBy(route)).toEqual(['b', 'c']);
    expect(fieldsOf(z.strictObject({ d: z.string(), b: z.string() }))).toEqual(['b', 'd']);
  });
});

test('each operation of a caller has the audit row of its own name, not that of a neighbour', () => {
  const rows = Object.entries(operations).flatMap(([name, operation]) =>
    operation.access === 'caller' ? [[name, operation.audit.operation]] : [],
  );
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(([name, row]) => name !== row)).toEqual([]);
});

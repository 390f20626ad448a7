import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { parseJson } from '../../lib/json/json-text.ts';
import { passedOnObject } from '../../lib/json/passed-on.ts';
import { parseInput } from '../../lib/schemas.ts';

const schema = z.strictObject({ args: z.optional(passedOnObject()), read: z.optional(z.record(z.string(), z.json())) });

function problemsOf(input: unknown): unknown {
  try {
    return parseInput(schema, input);
  } catch (thrown) {
    return (thrown as { details: { errors: unknown } }).details.errors;
  }
}

describe('a field that is passed on', () => {
  test('stays the same object, whatever JSON is in it', () => {
    const args = parseJson('{"n":[9007199254740993],"__proto__":{"constructor":1e400}}') as Record<string, unknown>;
    expect(parseInput(schema, { args }).args).toBe(args);
    expect(parseInput(schema, {})).toEqual({});
  });

  const circular: Record<string, unknown> = {};
  circular.self = [circular];
  const nested = (depth: number) => JSON.parse(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`) as object;
  test.each<[string, unknown, string, string]>([
    ['a text', 'text', 'args', 'must be an object'],
    ['an array', [], 'args', 'must be an object'],
    ['null', null, 'args', 'must be an object'],
    ['a number with digits of its own', parseJson('12345678901234567890'), 'args', 'must be an object'],
    ['too many levels', nested(500), 'args', 'is nested too deeply'],
    ['a million levels', nested(1_000_000), 'args', 'is nested too deeply'],
    ['a function', { a: [() => 1] }, 'args.a.0', 'must be JSON'],
    ['a number that JSON does not have', { a: { b: NaN } }, 'args.a.b', 'must be JSON'],
  ])('is refused where it is %s', (_, args, path, message) => {
    expect(problemsOf({ args })).toEqual([{ path, message }]);
  });

  test('may have as many levels as a text that is read, and contain itself', () => {
    for (const args of [nested(499), circular]) expect(problemsOf({ args })).toEqual({ args });
  });
});

test('numbers that would be rounded are refused in any other field, each with its path', () => {
  const inputs = [
    '{"read":{"a":[{"n":1e400}]}}',
    '{"args":{"n":1e400},"read":{"n":9007199254740993}}',
    '1e400',
    '[1e400]',
  ];
  expect(inputs.map((text) => problemsOf(parseJson(text)))).toEqual(
    ['read.a.0.n', 'read.n', '', '0'].map((path) => [{ path, message: 'is a number that would be rounded' }]),
  );
});

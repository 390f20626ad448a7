import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { jsonObject } from '../../lib/cli/json-input.ts';

const WRITTEN = '\uFEFF{"a":"b"}';

test.each([
  ['an argument', WRITTEN, []],
  ['stdin', '-', [Buffer.from(WRITTEN)]],
])('a byte order mark before the JSON of %s was "not JSON"', async (_where, argument, input: Buffer[]) => {
  expect(await jsonObject('ARGUMENTS', argument, Readable.from(input))).toEqual({ a: 'b' });
});

test('a number of 20 digits, which is an object to the language, was taken for a JSON object', async () => {
  const told = jsonObject('ARGUMENTS', '12345678901234567890', Readable.from([]));
  await expect(told).rejects.toThrow('ARGUMENTS must be a JSON object.');
});

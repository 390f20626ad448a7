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

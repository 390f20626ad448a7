import { PassThrough, Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { jsonObject } from '../../lib/cli/json-input.ts';

const given = (...input: Buffer[]) => ({ stdin: Readable.from(input), signal: new AbortController().signal });
const WRITTEN = '\uFEFF{"a":"b"}';

test.each([
  ['an argument', WRITTEN, []],
  ['stdin', '-', [Buffer.from(WRITTEN)]],
])('a byte order mark before the JSON of %s was "not JSON"', async (_where, argument, input: Buffer[]) => {
  expect(await jsonObject('ARGUMENTS', argument, given(...input))).toEqual({ a: 'b' });
});

test('a number of 20 digits, which is an object to the language, was taken for a JSON object', async () => {
  const told = jsonObject('ARGUMENTS', '12345678901234567890', given());
  await expect(told).rejects.toThrow('ARGUMENTS must be a JSON object.');
});

test('a run that was interrupted went on waiting for stdin', async () => {
  const interruption = new AbortController();
  const waiting = jsonObject('ARGUMENTS', '-', { stdin: new PassThrough(), signal: interruption.signal });
  interruption.abort();
  await expect(waiting).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});

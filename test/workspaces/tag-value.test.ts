import { expect, test } from '@jest/globals';
import { tagValue } from '../../lib/workspaces/access-points/tag-value.ts';

test.each([
  ['ada', 'ada'],
  ['Jürgen A-b_c.d:e/f+g@h', 'Jürgen A-b_c.d:e/f+g@h'],
  ['a=b', 'a=3Db'],
  ['auth0|x', 'auth0=7Cx'],
  ['50%', '50=25'],
  ['“q”', '=E2=80=9Cq=E2=80=9D'],
  ['🦊', '=F0=9F=A6=8A'],
])('%j is the tag value %j', (text, value) => {
  expect(tagValue(text)).toBe(value);
});

test('values are within what EFS takes, and different for different texts', () => {
  const texts = ['x'.repeat(128), '#'.repeat(85), '#'.repeat(86), '#'.repeat(128), `${'#'.repeat(127)}!`, '#', '=23'];
  const values = texts.map(tagValue);
  for (const value of values) expect(value).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u);
  expect(new Set(values).size).toBe(texts.length);
});

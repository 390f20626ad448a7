import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../../lib/json/json-text.ts';
import { isRawJson } from '../../lib/json/raw-json.ts';

const again = (text: string) => JSON.stringify(parseJson(text));

describe('a JSON text', () => {
  test.each<string>([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '0.1234567890123456789',
    '123456789.123456789012',
    '1e400',
    '-1E-400',
    '1e999999999999999999999',
    `${'9'.repeat(5000)}`,
  ])('keeps the digits of %.40s, which JavaScript would change', (number) => {
    expect(again(`{"n":[${number}]}`)).toBe(`{"n":[${number}]}`);
    expect(isRawJson(parseJson(number))).toBe(true);
  });

  test.each(['0', '-0.0', '1.50', '1e3', '9007199254740992', '1e21', '0.30000000000000004', '5e-324', '0e999', '1E+2'])(
    'has %s as a number, which has its value',
    (number) => expect(parseJson(number)).toBe(Number(number)),
  );

  test('keeps what is no number: names, texts and their digits', () => {
    const text = '{"__proto__":{"9007199254740993":"9007199254740993 \\" 1e999"},"n":9007199254740993}';
    expect(again(text)).toBe(text);
  });

  test('is read without its byte order mark', () => expect(parseJson('\uFEFF[1]')).toEqual([1]));

  test.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is refused where %s are nested too deeply, whatever is in it', (_, opening, closing) => {
    const nested = (depth: number) => `${opening.repeat(depth)}9007199254740993${closing.repeat(depth)}`;
    expect(again(nested(500))).toBe(nested(500));
    expect(() => parseJson(nested(501))).toThrow('more than 500 levels');
    expect(() => parseJson(nested(1_000_000))).toThrow('more than 500 levels');
  });

  test('does not count brackets in texts', () => {
    const text = JSON.stringify([`${'['.repeat(1000)}\\`, `"${'{'.repeat(1000)}`]);
    expect(again(text)).toBe(text);
  });

  test.each(['', '{', '01', '[1,]', '9007199254740993n'])('throws a SyntaxError for %j', (text) =>
    expect(() => parseJson(text)).toThrow(SyntaxError),
  );
});

import { expect, test } from '@jest/globals';
import { jsonText, visible, visibleLines } from '../../lib/cli/visible.ts';

/** Each was obeyed, or hid itself. */
const UNSEEN: [string, string][] = [
  ['a control sequence', '\u001b[2J'],
  ['a title of the window (OSC)', '\u001b]0;x\u0007'],
  ['a control sequence in one character (C1)', '\u009b2J'],
  ['a carriage return', '\r'],
  ['a turn to the left', '\u202e'],
  ['an isolate', '\u2066'],
  ['an Arabic letter mark', '\u061c'],
  ['a zero-width space', '\u200b'],
  ['a zero-width joiner', '\u200d'],
  ['a word joiner', '\u2060'],
  ['a byte order mark', '\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['a Hangul filler', '\u3164'],
  ['a variation selector', '\ufe0f'],
  ['a tag', '\u{e0041}'],
  ['a variation selector of the supplement', '\u{e0100}'],
  ['a line separator', '\u2028'],
  ['an interlinear annotation', '\ufff9'],
  ['half of a character', '\ud83d'],
];

test.each(UNSEEN)('%s is shown, and means the same in JSON', (_what, sign) => {
  const text = `a${sign}b`;
  for (const shown of [visible(text), visibleLines(text), jsonText({ text })]) {
    expect(shown).toMatch(/a\\(u[0-9a-f]{4}|r)[^\n]*b/);
    expect(shown).toMatch(/^[\x20-\x7e]+$/);
  }
  expect(JSON.parse(jsonText({ [text]: text }, 2))).toEqual({ [text]: text });
});

test('what is read is left as it is', () => {
  const text = 'Grüße, 你好, नमस्ते, שלום, 🙂 \\ "quoted"';
  expect(visible(text)).toBe(text);
  expect(visible('a\tb\nc')).toBe('a\\tb\\nc');
  expect(visibleLines('a\tb\nc')).toBe('a\tb\nc');
});

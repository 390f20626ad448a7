import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { promptText, storedPrompt } from '../../lib/prompts/stored-prompt.ts';
import { promptKey } from '../../lib/table/keys.ts';
import { ONE_KB_PROMPT } from '../bench/our-costs.ts';
import { newStack } from '../setup/test-stack.ts';
import { documentClient } from '../setup/document-client.ts';

describe('a prompt in the table', () => {
  test.each([
    ['empty', ''],
    ['short', 'Be brief. Ü 😀'],
    ['of 896 bytes', 'ü'.repeat(448)],
  ])('that is %s is its text', (_what, text) => {
    expect(storedPrompt(text)).toBe(text);
    expect(promptText(text)).toBe(text);
  });

  test('of 1 KB takes less than 1 KB', () => {
    const stored = storedPrompt(ONE_KB_PROMPT);
    expect(stored).toBeInstanceOf(Uint8Array);
    expect(stored.length).toBeLessThan(896);
    expect(promptText(stored)).toBe(ONE_KB_PROMPT);
  });

  test('of 256 KB comes back as it was', () => {
    const text = 'ü😀 x'.repeat(Math.floor((256 * 1024) / 8));
    expect(promptText(storedPrompt(text))).toBe(text);
  });

  test('that does not get smaller is its text', () => {
    const text = Array.from(randomBytes(4096), (byte) => String.fromCodePoint(0x21 + (byte % 94))).join('');
    const stored = storedPrompt(text);
    expect(stored.length).toBeLessThanOrEqual(text.length);
    expect(promptText(stored)).toBe(text);
  });

  test('is read the same, deflated or as text', async () => {
    const stack = await newStack();
    try {
      const session = await stack.manager.createSession('ada', 'acme');
      await session.updateSystemPrompt(ONE_KB_PROMPT);
      expect(await session.getSystemPrompt()).toBe(ONE_KB_PROMPT);
      const plain = { ...promptKey(session.id), systemPrompt: `${ONE_KB_PROMPT}!` };
      await documentClient(stack.client).send(new PutCommand({ TableName: stack.config.tableName, Item: plain }));
      expect(await session.getSystemPrompt()).toBe(`${ONE_KB_PROMPT}!`);
    } finally {
      await stack.close();
    }
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAX_PROMPT_BYTES, type PromptComposer } from '../../lib/prompts/prompt-composer.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };

describe('a prompt composer', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  test('is told whom it is for, and what it gives is the prompt', async () => {
    const asked: unknown[] = [];
    stack.manager.setPromptComposer({
      compose: async (request) => {
        asked.push(request);
        return `for ${request.userId}: ${String(request.variables.tone)}`;
      },
    });
    const session = await stack.manager.createSession('alice', 'acme', { promptVariables: { tone: 'kind' } });
    expect(asked).toEqual([{ ...ALICE, sessionId: session.id, variables: { tone: 'kind' } }]);
    expect(await session.getSystemPrompt()).toBe('for alice: kind');
  });

  test('may answer at once', async () => {
    stack.manager.setPromptComposer({
      compose: ({ userId }) => ({ systemPrompt: `for ${userId}`, warnings: ['a layer'] }),
    });
    const session = await stack.manager.createSession('alice', 'acme');
    expect(await session.getSystemPrompt()).toBe('for alice');
    expect(stack.audited[0]).toMatchObject({ result: 'success', warning: 'a layer' });
  });

  test('may give a prompt of exactly 256 KB', async () => {
    const prompt = 'é'.repeat(MAX_PROMPT_BYTES / 2);
    stack.manager.setPromptComposer({ compose: async () => prompt });
    const session = await stack.manager.createSession('alice', 'acme');
    expect(await session.getSystemPrompt()).toBe(prompt);
    expect(stack.audited[0]).not.toHaveProperty('warning');
  });

  const failing: Record<string, () => unknown> = {
    throws: () => {
      throw new Error('SECRET');
    },
    rejects: () => Promise.reject(new Error('SECRET')),
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what others may do
    'rejects with what is no error': () => Promise.reject('SECRET'),
    // What is late is not cancelled: where that throws, nobody would catch it.
    'never ends': () => Object.assign(new Promise(() => undefined), { cancel: failing.throws }),
    'gives a prompt that is too large': () => 'x'.repeat(MAX_PROMPT_BYTES + 1),
    'gives a prompt that has too many bytes': () => 'é'.repeat(MAX_PROMPT_BYTES / 2 + 1),
    'gives what is no text': () => ({ SECRET: true }),
    'gives nothing': () => undefined,
    'gives text that is not well-formed': () => 'SECRET \ud800',
  };
  const thenable = (compose: () => unknown) => {
    const composing = (async () => await compose())();
    return { then: composing.then.bind(composing) };
  };
  const cases = Object.entries(failing).flatMap(([how, compose]): [string, () => unknown][] =>
    how === 'never ends'
      ? [[how, compose]]
      : [
          [`${how} at once`, compose],
          [how, async () => await compose()],
          [`${how} in a promise of another make`, () => thenable(compose)],
        ],
  );
  test.each(cases)('that %s leaves an empty prompt and a warning', async (_how, compose) => {
    stack.manager.setPromptComposer({ compose: compose as PromptComposer['compose'] });
    const session = await stack.manager.createSession('alice', 'acme');
    expect(stack.audited).toEqual([
      expect.objectContaining({ operation: 'createSession', result: 'success', warning: expect.any(String) }),
    ]);
    expect(stack.audited[0]?.warning).not.toContain('SECRET');
    expect(await session.getSystemPrompt()).toBe('');
    expect((await stack.manager.getSession(session.id)).getSessionInfo().status).toBe('active');
  });
});

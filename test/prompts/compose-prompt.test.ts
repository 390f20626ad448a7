import { describe, expect, test } from '@jest/globals';
import { composePrompt } from '../../lib/prompts/compose-prompt.ts';
import type { PromptComposer } from '../../lib/prompts/prompt-composer.ts';
import { newStack } from '../setup/test-stack.ts';

const REQUEST = { userId: 'ada', orgId: 'acme', sessionId: 's', variables: {} };

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const throwing = (thrown: unknown): PromptComposer => ({
  compose: () => {
    throw thrown;
  },
});

const throwingLater = (thrown: unknown): PromptComposer => ({
  compose: async () => {
    throw thrown;
  },
});

/** What a composer may throw, and what is told of it. */
const THROWN: [string, unknown, string][] = [
  ['nothing', undefined, 'unknown'],
  ['a symbol', Symbol('x'), 'unknown'],
  ['an error whose name is a symbol', Object.assign(new Error('x'), { name: Symbol('x') }), 'unknown'],
  [
    'an error whose name is an object',
    Object.assign(new Error('x'), { name: Object.create(null) as object }),
    'unknown',
  ],
  [
    'an error whose name throws',
    Object.defineProperty(new Error('x'), 'name', {
      get: () => {
        throw new Error('no name');
      },
    }),
    'unknown',
  ],
  ['a revoked proxy', revoked(), 'unknown'],
  ['an error with a long name', Object.assign(new Error('x'), { name: 'N'.repeat(300_000) }), 'N'.repeat(256)],
  ['an error whose name is no Unicode', Object.assign(new Error('x'), { name: 'a\ud800' }), 'a\ufffd'],
];

test.each(THROWN)('a composer that throws %s failed the session that the prompt was for', async (_w, thrown, name) => {
  for (const compose of [throwing(thrown), throwingLater(thrown)]) {
    const composed = await composePrompt(compose, REQUEST);
    expect(composed).toEqual({ systemPrompt: '', warnings: [`prompt composer failed: ${name}`] });
  }
});

describe('the warnings of a composer', () => {
  const told = async (warnings: unknown[]) =>
    composePrompt({ compose: () => ({ systemPrompt: 'mine', warnings: warnings as string[] }) }, REQUEST);

  test('are told in part where they are long: an audit event had all of it', async () => {
    const composed = await told(['W'.repeat(300_000), 'short']);
    expect(composed).toEqual({ systemPrompt: 'mine', warnings: ['W'.repeat(256), 'short'] });
  });

  test('do not cost the prompt where they are no texts', async () => {
    expect(await told([Symbol('x'), null, revoked(), ''])).toEqual({
      systemPrompt: 'mine',
      warnings: ['unknown', 'unknown', 'unknown', 'unknown'],
    });
  });

  test('may be left out: the prompt was told to be no text', async () => {
    const without = [{ systemPrompt: 'mine' }, { systemPrompt: 'mine', warnings: undefined }];
    for (const composed of without) {
      expect(await composePrompt({ compose: () => composed }, REQUEST)).toEqual({ systemPrompt: 'mine', warnings: [] });
    }
    const alone = { systemPrompt: 'mine', warnings: 'one' as unknown as string[] };
    expect(await composePrompt({ compose: async () => alone }, REQUEST)).toEqual({ ...alone, warnings: ['one'] });
    for (const nothing of [null, undefined, 7, {}]) {
      const { warnings } = await composePrompt({ compose: () => nothing as never }, REQUEST);
      expect(warnings).toEqual(['composed prompt must be a string']);
    }
  });

  test('are counted where they are many: an answer had all of them', async () => {
    const { warnings } = await told(Array.from({ length: 1000 }, (_, index) => `w${index}`));
    expect([warnings.length, warnings.at(-1)]).toEqual([11, 'and 990 more']);
  });
});

test('a session is made whatever its composer throws', async () => {
  const stack = await newStack();
  try {
    for (const [, thrown] of THROWN) {
      stack.manager.setPromptComposer(throwing(thrown));
      const session = await stack.manager.createSession('ada', 'acme');
      expect(await session.getSystemPrompt()).toBe('');
    }
    expect(JSON.stringify(stack.audited).length).toBeLessThan(20_000);
  } finally {
    await stack.close();
  }
});

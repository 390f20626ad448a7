import { readdir } from 'node:fs/promises';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PromptCompositionError } from '../../lib/prompts/prompt-errors.ts';
import type { PromptComposer } from '../../lib/prompts/prompt-composer.ts';
import { parsed, send } from '../api/lambda-events.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

/** What may go wrong with a prompt, and what the caller reads of it. */
const FAILING: [string, () => unknown, string][] = [
  [
    'throws',
    () => {
      throw new TypeError('SECRET /srv/prompts');
    },
    'prompt composer failed: TypeError',
  ],
  ['is late', () => new Promise(() => undefined), 'prompt composer failed: TimeoutError'],
  ['gives nothing', () => undefined, 'composed prompt must be a string'],
  ['gives a prompt that is too large', () => 'x'.repeat(300_000), 'composed prompt must have at most 262144 bytes'],
  [
    'leaves something out',
    () => ({ systemPrompt: 'Be kind.', warnings: ['the tone is missing'] }),
    'the tone is missing',
  ],
];

describe('a prompt that could not be composed as requested', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  const composer = (compose: () => unknown) => stack.manager.setPromptComposer({ compose } as PromptComposer);
  const create = (body: object, headers: Record<string, string> = {}) =>
    send(stack, 'POST /sessions', {
      headers: { 'x-user-id': 'ada', 'x-org-id': 'acme', ...headers },
      body: JSON.stringify(body),
    });
  const stored = async () => {
    const { Items = [] } = await documentClient(stack.client).send(
      new ScanCommand({ TableName: stack.config.tableName }),
    );
    return Items.length;
  };

  test.each(FAILING)('since its composer %s was a log line that no caller saw', async (_how, compose, warning) => {
    composer(compose);
    const answer = await create({});
    expect([answer.statusCode, parsed(answer)]).toMatchObject([201, { status: 'active', warnings: [warning] }]);
    expect(answer.body).not.toContain('SECRET');
    const session = await stack.manager.createSession('ada', 'acme');
    expect(session.warnings).toEqual([warning]);
    expect(stack.audited.map((event) => event.warning)).toEqual([warning, warning]);
    expect((await stack.manager.getSession(session.id)).warnings).toEqual([]);
    expect(session.getSessionInfo()).not.toHaveProperty('warnings');
  });

  test.each(FAILING)('since its composer %s made a session that nobody could use', async (_how, compose, warning) => {
    composer(compose);
    const answer = await create({ promptRequired: true }, { 'idempotency-key': 'monday' });
    const problem = { code: 'PROMPT_COMPOSITION', warnings: [warning] };
    expect([answer.statusCode, parsed(answer)]).toMatchObject([503, problem]);
    expect(answer.body).not.toContain('SECRET');
    expect(stack.audited).toEqual([
      expect.objectContaining({ event: 'session.create-refused', code: 'PROMPT_COMPOSITION', warning }),
    ]);
    expect([await stored(), await readdir(stack.root)]).toEqual([0, []]);
    composer(() => 'Be kind.');
    const again = await create({ promptRequired: true }, { 'idempotency-key': 'monday' });
    expect(again.statusCode).toBe(201);
    expect(parsed(again)).not.toHaveProperty('warnings');
  });

  test('says so in the library by its class', async () => {
    composer(() => undefined);
    const refused = stack.manager.createSession('ada', 'acme', { promptRequired: true });
    await expect(refused).rejects.toThrow(PromptCompositionError);
    await expect(refused).rejects.toThrow('composed prompt must be a string');
  });

  test('does not fail a repeated create, whose session has its prompt', async () => {
    const request = { promptRequired: true, idempotencyKey: 'monday' };
    const first = await stack.manager.createSession('ada', 'acme', request);
    const later = await newStack(stack.env, undefined, { table: stack.options.table });
    try {
      const restore = inject(stack.client, {
        before: (command) => {
          if (command === 'BatchGetItemCommand')
            throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
        },
      });
      const again = await later.manager.createSession('ada', 'acme', request);
      const other = { ...request, idempotencyKey: 'tuesday' };
      await expect(later.manager.createSession('ada', 'acme', other)).rejects.toThrow(PromptCompositionError);
      restore();
      expect([again.id, again.replayed, again.warnings]).toEqual([first.id, true, []]);
      expect(later.audited[0]).not.toHaveProperty('warning');
    } finally {
      await later.close();
    }
  });

  test('is a part of the request that an idempotency key is for', async () => {
    await create({ promptRequired: true }, { 'idempotency-key': 'monday' });
    for (const other of [{}, { promptRequired: false }]) {
      const answer = await create(other, { 'idempotency-key': 'monday' });
      expect(parsed(answer)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    }
    expect((await create({ promptRequired: true }, { 'idempotency-key': 'monday' })).statusCode).toBe(200);
  });

  test.each(['yes', 1, null])('is required by true alone, not by %p', async (promptRequired) => {
    const answer = await create({ promptRequired });
    expect(parsed(answer)).toMatchObject({ code: 'VALIDATION', errors: [{ path: 'promptRequired' }] });
  });
});

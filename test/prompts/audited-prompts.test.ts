import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditedOperation } from '../../lib/api/audit-catalogue.ts';
import { outcomeOf } from '../../lib/telemetry/audit/audit-outcome.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { auditedBy, event } from '../telemetry/audit/audited-by.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const TONE = { scope: 'org', orgId: 'acme', promptId: 'tone' } as const;

describe('prompt layers', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  test('leave one audit event for each operation, without a word of them', async () => {
    const admin = { kind: 'admin', userId: 'ada', orgId: 'acme' } as const;
    const { prompts } = stack.manager.as(admin);
    const known = { promptScope: 'user', promptId: 'tone', orgId: 'acme', userId: 'bob' };
    const ref = { scope: 'user', userId: 'bob', promptId: 'tone' } as const;
    const operations: [AuditedOperation, () => Promise<unknown>, { code?: ErrorCode; [field: string]: unknown }][] = [
      [
        'putPrompt',
        () => prompts.put(ref, { name: 'SECRET', content: 'SECRET', variables: { SECRET: 'SECRET' } }),
        known,
      ],
      ['getPrompt', () => prompts.get(ref), known],
      ['listPrompts', () => prompts.list({ scope: 'user', userId: 'bob' }), { ...known, promptId: undefined }],
      [
        'previewPrompt',
        () => prompts.preview({ userId: 'bob', promptVariables: { a: 'SECRET' } }),
        { orgId: 'acme', userId: 'bob' },
      ],
      ['putPrompt', () => prompts.put(ref, { content: 'SECRET' }), { ...known, code: 'PROMPT_CONFLICT' }],
      ['putPrompt', () => prompts.put(ref, { template: 'SECRET {{#SECRET}}' }), { ...known, code: 'VALIDATION' }],
      ['deletePrompt', () => prompts.delete(ref), known],
      [
        'getPrompt',
        () => prompts.get({ ...ref, scope: 'global', userId: undefined }),
        { promptScope: 'global', promptId: 'tone', code: 'PROMPT_NOT_FOUND' },
      ],
      [
        'putPrompt',
        () => prompts.put({ ...TONE, promptId: 'SECRET SECRET' }, { content: 'x' }),
        { code: 'VALIDATION' },
      ],
      [
        'putPrompt',
        () => prompts.put({ ...TONE, orgId: 'other' }, { content: 'x' }),
        { promptScope: 'org', promptId: 'tone', orgId: 'other', code: 'FORBIDDEN' },
      ],
    ];
    for (const [operation, work, details] of operations) {
      const result = details.code === undefined ? 'success' : outcomeOf(details.code).result;
      const audited = await auditedBy(stack, work);
      expect(audited).toEqual([event(operation, { result, actor: admin, ...details })]);
      expect(JSON.stringify(audited)).not.toContain('SECRET');
    }
  });
});

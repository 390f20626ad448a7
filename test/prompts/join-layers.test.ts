import { describe, expect, test } from '@jest/globals';
import { joinLayers, type ScopeLayers } from '../../lib/prompts/join-layers.ts';
import type { PromptLayer } from '../../lib/prompts/prompt-layer.ts';
import { MAX_PROMPT_BYTES } from '../../lib/prompts/prompt-composer.ts';
import type { Scope } from '../../lib/identity.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const NEVER = '2026-11-22T12:00:00.000Z';

const layer = (id: string, more: Partial<PromptLayer> = {}): PromptLayer => ({
  ...{ id, name: id, variables: {}, priority: 0, isActive: true, version: 1, createdAt: NEVER, updatedAt: NEVER },
  ...(more.template === undefined && { content: id }),
  ...more,
});
const scopes = (layers: Partial<Record<Scope, PromptLayer[]>>): ScopeLayers[] =>
  (['global', 'org', 'user'] as const).map((scope) => ({ scope, layers: layers[scope] ?? [], unreadable: [] }));
const join = (layers: Partial<Record<Scope, PromptLayer[]>>, variables = {}) =>
  joinLayers(scopes(layers), ALICE, variables);
const KB_64 = 'x'.repeat(64 * 1024 - 2);

describe('layers are joined', () => {
  const at = (priority: number) => ({ priority });
  test.each([
    ['nothing of nothing', {}, ''],
    ['global before org before user', { user: [layer('u')], org: [layer('o')], global: [layer('g')] }, 'g\n\no\n\nu'],
    [
      'high priority first',
      { global: [layer('low', at(-1)), layer('mid'), layer('high', at(9))] },
      'high\n\nmid\n\nlow',
    ],
    [
      'priority before scope',
      { global: [layer('g')], org: [layer('o', at(1))], user: [layer('u', at(2))] },
      'u\n\no\n\ng',
    ],
    ['equals by id', { org: [layer('b'), layer('c'), layer('a')] }, 'a\n\nb\n\nc'],
    ['without those that are not active', { org: [layer('a', { isActive: false }), layer('b')] }, 'b'],
    ['without a gap for one that says nothing', { org: [layer('a', { template: '{{none}}' }), layer('b')] }, 'b'],
    ['contents as they are', { org: [layer('a', { content: ' {{userId}}\n' }), layer('b')] }, ' {{userId}}\n\n\nb'],
  ])('%s', (_how, layers, expected) => {
    expect(join(layers)).toMatchObject({ systemPrompt: expected, warnings: [] });
  });

  test('userId and orgId win over the layer’s variables, those over the caller’s', () => {
    const variables = { userId: 'layer', tone: 'layer' };
    const template = '{{userId}} {{orgId}} {{tone}} {{task}}';
    const callers = { userId: 'caller', orgId: 'caller', tone: 'caller', task: 'caller' };
    expect(join({ org: [layer('a', { template, variables })] }, callers).systemPrompt).toBe('alice acme layer caller');
  });

  test('one layer’s variables are not another’s', () => {
    const a = layer('a', { template: '{{x}}', variables: { x: '1' } });
    expect(join({ org: [a, layer('b', { template: '[{{x}}]' })] }).systemPrompt).toBe('1\n\n[]');
  });

  test('without one that fails, which is named and not quoted', () => {
    const broken = layer('broken', { template: 'SECRET {{#x}}' });
    const lonely = layer('lonely', { template: '{{x}}' });
    const { systemPrompt, used, warnings } = join({ org: [broken, lonely, layer('ok')] }, { x: '\ud800' });
    expect(systemPrompt).toBe('ok');
    expect(used.map(({ id }) => id)).toEqual(['ok']);
    expect(warnings).toEqual([
      'layer org/broken left out: its template fails',
      'layer org/lonely left out: its template fails',
    ]);
  });

  test('exactly to the limit, and without what has no room beyond it', () => {
    const full = Array.from({ length: 4 }, (_, index) => layer(String(index), { content: KB_64, priority: -index }));
    const exact = join({ org: full.map((one, index) => (index === 3 ? { ...one, content: `${KB_64}yy` } : one)) });
    expect(exact.warnings).toEqual([]);
    expect(Buffer.byteLength(exact.systemPrompt)).toBe(MAX_PROMPT_BYTES);
    const over = join({ org: [...full, layer('small', { content: 'abc', priority: -9 })] });
    expect(over.warnings).toEqual(['layer org/small left out: too large']);
    const bytes = join({ org: [layer('a', { content: 'é'.repeat(MAX_PROMPT_BYTES / 2 + 1) }), layer('b')] });
    expect(bytes).toMatchObject({ systemPrompt: 'b', warnings: ['layer org/a left out: too large'] });
  });

  test('no caller pushes out what an admin has written as content', () => {
    const rules = layer('rules', { content: 'Never do that.', priority: -5 });
    const echo = layer('echo', { template: `{{#list}}${'y'.repeat(5_000)}{{/list}}`, priority: 5 });
    const most = join({ user: [echo], global: [rules] }, { list: Array(52).fill('x') });
    expect(most).toMatchObject({ warnings: [], systemPrompt: expect.stringMatching(/^y{260000}\n\nNever do that\.$/) });
    const long = { ...rules, content: 'n'.repeat(5_000) };
    expect(join({ user: [echo], global: [long] }, { list: Array(52).fill('x') })).toMatchObject({
      systemPrompt: long.content,
      warnings: ['layer user/echo left out: too large'],
    });
    const flooded = join({ user: [echo], global: [rules] }, { list: Array(8_000).fill('x') });
    expect(flooded).toMatchObject({
      systemPrompt: 'Never do that.',
      warnings: ['layer user/echo left out: too large'],
    });
  });
});

import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ContentionError, ValidationError } from '../../lib/errors.ts';
import { PromptConflictError } from '../../lib/prompts/prompt-errors.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { createServices } from '../../lib/composition/api-functions.ts';
import { mcpServices } from '../../lib/composition/mcp.ts';
import { CACHE_MS } from '../../lib/prompts/layer-cache.ts';
import { MAX_LAYERS_PER_SCOPE, MAX_LAYER_BYTES } from '../../lib/prompts/prompt-layer.ts';
import { promptLayersKey } from '../../lib/table/keys.ts';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { TestClock, newStack, type TestStack } from '../setup/test-stack.ts';
import { documentClient } from '../setup/document-client.ts';

const ORG = { scope: 'org', orgId: 'acme' } as const;
const TONE = { ...ORG, promptId: 'tone' };

describe('prompt layers', () => {
  let stack: TestStack;
  let clock: TestClock;
  let manager: SessionManager;
  let other: SessionManager;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({}, clock);
    manager = stack.manager;
    other = createServices(stack.env, { mcp: mcpServices }).manager;
    other.setAuditLogger({ log: () => undefined });
  });
  afterEach(() => stack.close());

  const promptOf = async (userId = 'alice', orgId = 'acme') =>
    (await manager.createSession(userId, orgId)).getSystemPrompt();
  const corrupt = (item: object) =>
    documentClient(stack.client).send(
      new PutCommand({
        TableName: stack.config.tableName,
        Item: { ...promptLayersKey({ scope: 'org', orgId: 'acme', userId: '' }), ...item },
      }),
    );

  test('of two edits of one layer at once, over two instances, one wins and the other is a conflict', async () => {
    let { version } = (await manager.prompts.put(TONE, { content: 'start' })).layer;
    for (let round = 0; round < 5; round++) {
      const edits = await Promise.allSettled(
        [manager, other].map((one, index) => one.prompts.put(TONE, { content: `${round}.${index}`, version })),
      );
      const won = edits.filter((edit) => edit.status === 'fulfilled');
      const lost = edits.filter((edit) => edit.status === 'rejected');
      expect([won.length, lost.length]).toEqual([1, 1]);
      expect(lost[0]?.reason).toBeInstanceOf(PromptConflictError);
      const now = await other.prompts.get(TONE);
      expect(now).toEqual(won[0]?.value.layer);
      expect(now.version).toBeGreaterThan(version);
      version = now.version;
    }
  });

  test('of two that make one layer at once, one wins', async () => {
    const makes = await Promise.allSettled([manager, other].map((one) => one.prompts.put(TONE, { content: 'mine' })));
    expect(makes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('edits of different layers of a scope at once all succeed', async () => {
    const ids = Array.from({ length: 6 }, (_, index) => `layer-${index}`);
    const puts = ids.map((promptId, index) =>
      (index % 2 ? manager : other).prompts.put({ ...ORG, promptId }, { content: promptId }),
    );
    const versions = (await Promise.all(puts)).map(({ layer }) => layer.version);
    expect([...versions].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await other.prompts.list(ORG)).map(({ id }) => id)).toEqual(ids);
  });

  test('an edit whose reply is lost succeeds once', async () => {
    const { layer } = await manager.prompts.put(TONE, { content: 'one' });
    const restore = inject(stack.client, { after: atFirst(1, 'UpdateItemCommand', lostReply) });
    const edit = await manager.prompts.put(TONE, { content: 'two', version: layer.version });
    restore();
    expect(await manager.prompts.get(TONE)).toEqual(edit.layer);
  });

  test('are read once at most for each create, and not again while they are fresh', async () => {
    await manager.prompts.put(TONE, { content: 'kind' });
    const commands: string[] = [];
    const restore = inject(stack.client, { before: (command) => void commands.push(command) });
    const readsOf = async (work: () => Promise<unknown>) => {
      commands.length = 0;
      await work();
      return commands.filter((command) => !command.startsWith('Transact'));
    };
    const create = (userId: string, orgId = 'acme') => readsOf(() => manager.createSession(userId, orgId));
    expect(await create('alice')).toEqual(['BatchGetItemCommand']);
    expect(await create('alice')).toEqual([]);
    expect(await create('bob')).toEqual(['BatchGetItemCommand']);
    expect(await create('carol', 'other')).toEqual(['BatchGetItemCommand']);
    clock.advance({ ms: CACHE_MS });
    expect(await create('alice')).toEqual([]);
    clock.advance({ ms: 1 });
    expect(await create('alice')).toEqual(['BatchGetItemCommand']);
    restore();
  });

  test('an edit shows at once where it was made, and elsewhere when what is kept is old', async () => {
    const { layer } = await manager.prompts.put(TONE, { content: 'one' });
    expect(await promptOf()).toBe('one');
    await manager.prompts.put(TONE, { content: 'two', version: layer.version });
    expect(await promptOf()).toBe('two');
    await other.prompts.delete(TONE);
    expect(await promptOf()).toBe('two');
    clock.advance({ ms: CACHE_MS + 1 });
    expect(await promptOf()).toBe('');
  });

  test('one whose id no path can contain is refused, and removed where an earlier release has stored it', async () => {
    const { layer } = await manager.prompts.put({ ...ORG, promptId: '...' }, { content: 'three dots' });
    for (const promptId of ['.', '..']) {
      await expect(manager.prompts.put({ ...ORG, promptId }, { content: 'x' })).rejects.toThrow(ValidationError);
      await corrupt({
        version: 7,
        writeId: 'by hand',
        layers: [{ id: promptId, json: JSON.stringify({ ...layer, id: promptId, content: 'old' }) }],
      });
      expect(await manager.prompts.list(ORG)).toMatchObject([{ id: promptId, content: 'old' }]);
      await manager.prompts.delete({ ...ORG, promptId });
      expect(await manager.prompts.list(ORG)).toEqual([]);
    }
  });

  test('one that cannot be read is left out with a warning, and can be replaced', async () => {
    const { layer } = await manager.prompts.put(TONE, { content: 'kind' });
    const fine = { id: 'fine', json: JSON.stringify({ ...layer, id: 'fine', content: 'fine' }) };
    const template = { ...layer, id: 'open', content: undefined, template: 'SECRET {{#x}}' };
    await corrupt({
      version: 7,
      writeId: 'by hand',
      layers: [
        { id: 'tone', json: '{"SECRET' },
        { id: 'wrong', json: '{"content":"SECRET","priority":"high"}' },
        { id: 'open', json: JSON.stringify(template) },
        'SECRET',
        fine,
      ],
    });
    clock.advance({ ms: CACHE_MS + 1 });
    stack.audited.length = 0;
    expect(await promptOf()).toBe('fine');
    const warning = [
      'layer org/tone left out: cannot be read',
      'layer org/wrong left out: cannot be read',
      'layer org/open left out: its template fails',
    ].join('; ');
    expect(stack.audited[0]).toMatchObject({ operation: 'createSession', result: 'success', warning });
    expect(await manager.prompts.preview({ userId: 'alice', orgId: 'acme' })).toMatchObject({
      systemPrompt: 'fine',
      warnings: warning.split('; '),
    });
    expect((await manager.prompts.list(ORG)).map(({ id }) => id)).toEqual(['fine', 'open']);
    expect((await manager.prompts.put(TONE, { content: 'kind again' })).layer.version).toBe(8);
    await manager.prompts.delete({ ...ORG, promptId: 'wrong' });
    expect(await promptOf()).toBe('fine\n\nkind again');
  });

  test.each([
    ['no list', { layers: 'SECRET' }],
    ['a list of other things', { layers: [1, null, ['x'], { id: 7, json: {} }] }],
    ['nothing', {}],
  ])('an item that has %s for layers blocks no create and no edit', async (_what, item) => {
    await corrupt(item);
    expect(await promptOf()).toBe('');
    await manager.prompts.put(TONE, { content: 'kind' });
    expect(await promptOf()).toBe('kind');
  });

  test('a table that does not answer for them blocks no create', async () => {
    const restore = inject(stack.client, {
      before: (command) => {
        if (command === 'BatchGetItemCommand')
          throw Object.assign(new Error('SECRET'), { name: 'AccessDeniedException' });
      },
    });
    expect(await promptOf()).toBe('');
    restore();
    expect(stack.audited[0]).toMatchObject({
      operation: 'createSession',
      result: 'success',
      warning: 'prompt composer failed: AccessDeniedException',
    });
  });

  test('an edit that never finds the layers as it read them ends in contention', async () => {
    let count = 0;
    const restore = inject(stack.client, {
      before: async (command) => {
        if (command === 'UpdateItemCommand') await corrupt({ layers: [], version: 1, writeId: `other ${count++}` });
      },
    });
    await expect(manager.prompts.put(TONE, { content: 'kind' })).rejects.toThrow(ContentionError);
    restore();
    expect(count).toBeGreaterThan(1);
  }, 30_000);

  test('have a limit to their number and to their size together', async () => {
    const content = 'x'.repeat(MAX_LAYER_BYTES - 500);
    for (const promptId of ['a', 'b', 'c', 'd']) await manager.prompts.put({ ...ORG, promptId }, { content });
    await expect(manager.prompts.put(TONE, { content })).rejects.toThrow(ValidationError);
    await manager.prompts.put(TONE, { content: 'short' });
    const many = Array.from({ length: MAX_LAYERS_PER_SCOPE }, (_, index) => ({ id: `l${index}`, json: '{}' }));
    await corrupt({ layers: many, version: 9, writeId: 'by hand' });
    await expect(manager.prompts.put(TONE, { content: 'one more' })).rejects.toThrow(ValidationError);
    await manager.prompts.put({ ...ORG, promptId: 'l7' }, { content: 'in place of one' });
  });

  test('of an organisation or user reach nobody whose ids would collide if joined', async () => {
    const pairs = [
      { orgId: 'acme', userId: 'b#USER#c' },
      { orgId: 'acme#USER#b', userId: 'c' },
      { orgId: 'acme%23USER%23b', userId: 'c' },
      { orgId: 'other', userId: 'b' },
    ];
    for (const [index, pair] of pairs.entries()) {
      await manager.prompts.put(
        { scope: 'org', orgId: pair.orgId, promptId: 'o' },
        { content: `org ${pair.orgId}`, priority: 1 },
      );
      await manager.prompts.put({ scope: 'user', ...pair, promptId: 'u' }, { content: `user ${index}` });
    }
    for (const [index, { orgId, userId }] of pairs.entries()) {
      expect(await promptOf(userId, orgId)).toBe(`org ${orgId}\n\nuser ${index}`);
    }
    expect(await promptOf('nobody', 'nowhere')).toBe('');
  });

  test('are not used by a composer that replaces the default one', async () => {
    await manager.prompts.put(TONE, { content: 'kind' });
    manager.setPromptComposer({ compose: async () => 'mine' });
    expect(await promptOf()).toBe('mine');
  });
});

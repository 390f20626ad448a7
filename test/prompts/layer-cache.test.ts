import { beforeEach, describe, expect, test } from '@jest/globals';
import { LayerCache } from '../../lib/prompts/layer-cache.ts';
import { storedLayer, type StoredLayer } from '../../lib/prompts/prompt-layer.ts';
import type { ScopeOwner } from '../../lib/identity.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const ORG: ScopeOwner = { scope: 'org', ...ALICE };
const AT = '2026-11-22T12:00:00.000Z';

const layer = (content: string): StoredLayer =>
  storedLayer({
    ...{ id: 'tone', name: 'tone', content, variables: {}, priority: 0, isActive: true, version: 1 },
    ...{ createdAt: AT, updatedAt: AT },
  });

describe('a read of layers that is under way', () => {
  /** Each read, in order: gives it its layers, or fails it. */
  let answers: { give: (content: string) => void; fail: () => void }[];
  let cache: LayerCache;
  beforeEach(() => {
    answers = [];
    const read = (owners: ScopeOwner[]) =>
      new Promise<StoredLayer[][]>((resolve, reject) =>
        answers.push({
          give: (content) => resolve(owners.map(({ scope }) => (scope === 'org' ? [layer(content)] : []))),
          fail: () => reject(new Error('no answer')),
        }),
      );
    cache = new LayerCache({ read }, () => new Date(AT));
  });

  const contentFor = async (user = ALICE) =>
    (await cache.layersFor(user)).flatMap(({ layers }) => layers.map(({ content }) => content)).join();
  const answer = (read: number, content: string) => answers[read]?.give(content);

  test('when a layer is put does not bring the old one back into the cache', async () => {
    const before = contentFor();
    cache.forget(ORG);
    answer(0, 'old');
    expect(await before).toBe('old');
    const after = contentFor();
    answer(1, 'new');
    expect(await after).toBe('new');
    expect(await contentFor()).toBe('new');
    expect(answers).toHaveLength(2);
  });

  test('and ends after one that began later does not bring back what is older', async () => {
    const [first, second] = [contentFor(), contentFor({ ...ALICE, userId: 'bob' })];
    answer(1, 'new');
    expect(await second).toBe('new');
    answer(0, 'old');
    await first;
    expect(await contentFor()).toBe('new');
    expect(answers).toHaveLength(2);
  });

  test('and was overtaken in one scope is kept in the others', async () => {
    const before = contentFor();
    cache.forget({ ...ORG, scope: 'user' });
    answer(0, 'kept');
    await before;
    const after = contentFor();
    answer(1, 'not asked for again');
    expect(await after).toBe('kept');
  });

  test('and fails leaves the next one to be kept', async () => {
    const lost = contentFor();
    answers[0]?.fail();
    await expect(lost).rejects.toThrow('no answer');
    const next = contentFor();
    answer(1, 'new');
    await next;
    expect(await contentFor()).toBe('new');
    expect(answers).toHaveLength(2);
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { seatsKey, userEntryKey } from '../../lib/table/keys.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { ADA, DamagedStack } from './damaged-stack.ts';

const NEVER = new AbortController().signal;

/** Runs whose time is up before they have seen everything. */
describe('a reconcile', () => {
  let own: DamagedStack;
  beforeEach(async () => {
    own = await DamagedStack.make();
  });
  afterEach(() => own.close());

  test('goes on where its time was up', async () => {
    await own.remove(userEntryKey(ADA, own.session.id));
    const run = (signal: AbortSignal) => own.operator.reconciler.run({ repair: true }, { signal, pageItems: 2 });
    let found = 0;
    let runs = 0;
    for (let more = true; more && runs < 30; runs++) {
      const before = await (await own.stack.parts.reconcile())['stores'].round.position('repair');
      found += (await run(AbortSignal.abort())).drift['missing-entry'];
      const after = await (await own.stack.parts.reconcile())['stores'].round.position('repair');
      expect(after).not.toEqual(before);
      more = after !== undefined && after.directory === undefined;
    }
    expect([found, runs > 2]).toEqual([1, true]);
    expect((await run(NEVER)).more).toBe(true);
    expect((await run(NEVER)).more).toBe(false);
    expect(await own.violationsNow()).toEqual([]);
  });

  test('looks at no further seats when its time is up, and says there is more', async () => {
    for (let index = 0; index < 20; index++) {
      await own.addTo(seatsKey({ scope: 'org', orgId: `other-${index}`, userId: '' }, 2), 0);
    }
    const time = new AbortController();
    const late: string[] = [];
    inject(own.stack.client, {
      before: (command) => void (time.signal.aborted && late.push(command)),
      after: (command) => void (command === 'TransactGetItemsCommand' && time.abort()),
    });
    const { more } = await own.operator.reconciler.run({}, { signal: time.signal });
    expect(more).toBe(true);
    expect(late).toEqual([]);
  });
});

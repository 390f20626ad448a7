import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { seatsKey } from '../../lib/table/keys.ts';
import { ACME, DamagedStack } from './damaged-stack.ts';

/** What is damaged behind the manager's back is found, told and put right. */
describe('a reconcile', () => {
  let own: DamagedStack;
  beforeEach(async () => {
    own = await DamagedStack.make();
  });
  afterEach(() => own.close());

  test.each([3, -1])('puts right a counter that is off by %i', async (by) => {
    await own.addTo(seatsKey(ACME), by);
    await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 4 });
    await own.isPutRight({ counter: 1 });
    await own.fillsUpTo(4);
  });

  test('says of a counter what it said, and what it should', async () => {
    await own.addTo(seatsKey(ACME), 3);
    await own.look();
    expect(own.told()).toMatchObject([
      { driftKind: 'counter', limitScope: 'org', orgId: 'acme', active: 5, sessions: 2 },
    ]);
  });

  // What item 2 had too much came off item 0, which then had free seats beyond the limit.
  test.each([5, 1, -2])('puts right seats over several items that are off by %i', async (by) => {
    await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
    await own.addTo(seatsKey(ACME, 2), by);
    await own.isPutRight({ counter: 1 });
    await own.fillsUpTo(8);
  });

  test('puts right an item with more than its share, whose sum is right', async () => {
    await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
    await own.addTo(seatsKey(ACME, 2), 5);
    await own.addTo(seatsKey(ACME, 3), -5);
    await own.isPutRight({ 'seat-items': 1 });
    await own.fillsUpTo(8);
  });

  test('leaves a counter that said too little with a debt, and lets nobody in until it is paid', async () => {
    const of = { scope: 'org', orgId: 'acme' } as const;
    await own.operator.limits.put(of, { limit: 2, items: 2 });
    await own.addTo(seatsKey(ACME), -1);
    const third = await own.stack.manager.createSession('ada', 'acme');
    await own.operator.reconciler.run({ repair: true });
    expect(await own.operator.limits.get(of)).toMatchObject({ limit: 2, active: 3 });
    const create = () => own.stack.manager.createSession('ada', 'acme');
    await own.stack.manager.cleanupSession(third.id);
    await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    await own.stack.manager.cleanupSession(own.session.id);
    expect(await create()).toBeDefined();
  });

  describe('of seats that are spread over several items', () => {
    const create = () => own.stack.manager.createSession('ada', 'acme');
    const limit = () => own.operator.limits.get({ scope: 'org', orgId: 'acme' });
    beforeEach(async () => {
      await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
      for (let count = 2; count < 6; count++) await create();
    });

    // A change of the limit waited for an item that nobody would ever put back.
    test('puts back an item that is lost, and then the limit is the whole one again', async () => {
      await own.addTo(seatsKey(ACME), -1);
      await own.addTo(seatsKey(ACME, 2), 1);
      await own.remove(seatsKey(ACME, 2));
      await own.isPutRight({ 'seat-items': 1, counter: 1 });
      await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8 });
      expect([await limit(), await create(), await create()]).toMatchObject([
        { limit: 8, items: 4, active: 6 },
        {},
        {},
      ]);
      await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    });

    // The items that were left kept a limit from ever being spread again.
    test('removes the items that are left when the first is lost, and admits nobody until the limit is put again', async () => {
      await own.remove(seatsKey(ACME));
      await own.isPutRight({ 'seat-items': 1, counter: 1 });
      expect(await limit()).toMatchObject({ limit: 0, active: 6 });
      await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
      await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 7, items: 4 });
      expect(await limit()).toMatchObject({ limit: 7, items: 4, active: 6 });
      await own.fillsUpTo(7);
    });

    test('keeps the limit that was put since the first item was lost', async () => {
      await own.remove(seatsKey(ACME));
      await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 7 });
      await own.isPutRight({ 'seat-items': 1, counter: 1 });
      expect(await limit()).toMatchObject({ limit: 7, active: 6 });
      await own.fillsUpTo(7);
    });

    // Its sums were right, though what the first item counts was not.
    test('counts again where items that do not count made up what the first one lacks', async () => {
      await own.documents().send(
        new UpdateCommand({
          TableName: own.table,
          Key: seatsKey(ACME),
          UpdateExpression: 'SET #items = :one ADD layout :one',
          ExpressionAttributeNames: { '#items': 'items' },
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
      await own.isPutRight({ 'seat-items': 1, counter: 1 });
      await own.operator.limits.put({ scope: 'org', orgId: 'acme' }, { limit: 8, items: 4 });
      await own.fillsUpTo(8);
    });
  });
});

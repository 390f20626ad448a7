import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { ContentionError } from '../../lib/errors.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { atFirst, inject, isCreate, lostReply } from './dynamodb-faults.ts';

describe('a create that is disturbed', () => {
  let stack: TestStack;
  let manager: SessionManager;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS: '1' });
    manager = stack.manager;
  });
  afterEach(() => stack.close());

  const cancelWith = (codes: string[]) => () => {
    const CancellationReasons = codes.map((Code) => ({ Code }));
    throw new TransactionCanceledException({ $metadata: {}, message: 'cancelled', CancellationReasons });
  };
  const pending = () => readdir(path.join(stack.root, '.pending')).catch(() => []);

  test('goes on after conflicts and throttling inside a cancelled transaction', async () => {
    for (const code of ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']) {
      const restore = inject(stack.client, {
        before: atFirst(3, 'TransactWriteItemsCommand', cancelWith(['None', code])),
      });
      const session = await manager.createSession('alice', 'acme');
      restore();
      await manager.cleanupSession(session.id);
    }
    expect(await manager.countAllSessions()).toBe(0);
  });

  // Each conflict in a scope with one item read that item again, the hottest there is: 14 reads in one create.
  test('finds out once over how many items the seats are spread, however many conflicts it meets', async () => {
    const read: string[] = [];
    const conflict = atFirst(8, 'TransactWriteItemsCommand', cancelWith(['None', 'None', 'TransactionConflict']));
    inject(stack.client, {
      before: (command, input) => {
        if (command.includes('Get')) read.push(command);
        return conflict(command, input);
      },
    });
    await manager.createSession('alice', 'acme');
    // The prompt's layers, and item 0 of the scope that the conflicts are about.
    expect(read).toEqual(['BatchGetItemCommand', 'GetItemCommand']);
  });

  test('gives up with CONTENTION when conflicts do not end, and leaves nothing', async () => {
    const restore = inject(stack.client, {
      before: atFirst(1000, 'TransactWriteItemsCommand', cancelWith(['TransactionConflict'])),
    });
    await expect(manager.createSession('alice', 'acme')).rejects.toMatchObject({ code: 'CONTENTION' });
    restore();
    expect(await pending()).toEqual([]);
    expect(await manager.countAllSessions()).toBe(0);
    await manager.createSession('alice', 'acme');
  });

  test('is not repeated for a reason that stays, and tells the caller nothing of it', async () => {
    let attempts = 0;
    inject(stack.client, {
      before: atFirst(1000, 'TransactWriteItemsCommand', () => {
        attempts++;
        cancelWith(['ValidationError'])();
      }),
    });
    await expect(manager.createSession('alice', 'acme')).rejects.toThrow('cancelled');
    expect(attempts).toBe(1);
    expect(await pending()).toEqual([]);
    expect(stack.audited.at(-1)).toMatchObject({ operation: 'createSession', result: 'failed', code: 'INTERNAL' });
  });

  test('whose reply is lost takes one seat, also at the last one', async () => {
    inject(stack.client, { after: atFirst(1, 'TransactWriteItemsCommand', lostReply) });
    const session = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    expect(session.replayed).toBe(false);
    expect(await manager.countAllSessions()).toBe(1);
    expect(await readdir(session.getWorkspacePath())).toEqual([]);
  });

  test('whose reply is lost to the SDK’s retries too finds its own session', async () => {
    // Three attempts of the SDK under one token, then ours under another.
    inject(stack.client, { after: atFirst(3, 'TransactWriteItemsCommand', lostReply) });
    const session = await manager.createSession('alice', 'acme');
    expect(await manager.countAllSessions()).toBe(1);
    expect((await manager.getSession(session.id)).getSessionInfo()).toEqual(session.getSessionInfo());
  });

  test('that is recorded but never hears of it is taken back: seat and key are free', async () => {
    let carriedOut = 0;
    const restore = inject(stack.client, {
      before: (_command, input) => void (carriedOut > 0 && isCreate(input) && lostReply()),
      after: (_command, input) => {
        if (!isCreate(input)) return;
        carriedOut++;
        lostReply();
      },
    });
    const failing = manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(failing).rejects.toMatchObject({ code: 'CONTENTION' });
    restore();
    expect(carriedOut).toBe(1);
    expect(await manager.countAllSessions()).toBe(0);
    expect(await pending()).toEqual([]);
    expect((await manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).replayed).toBe(false);
  });

  // It was refused with CONTENTION, and its repetition with the same key with SESSION_NOT_FOUND.
  test('whose session is ended before its directory is in its place has created it all the same', async () => {
    const other = anotherInstance(stack);
    const swept: string[][] = [];
    inject(stack.client, {
      after: atFirst(1, 'TransactWriteItemsCommand', async () => {
        swept.push((await other.manager.cleanupInactiveSessions(0)).cleaned);
      }),
    });
    const session = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    expect(swept).toEqual([[session.id]]);
    expect(await pending()).toEqual([]);
    expect(await manager.countAllSessions()).toBe(0);
    await expect(manager.getSession(session.id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    other.close();
  });

  // Its repetition, like itself, was told SESSION_NOT_FOUND: the key named a session of its own that it did not know.
  test('whose replies are lost while its session ends has created it all the same', async () => {
    const other = anotherInstance(stack);
    const swept: string[][] = [];
    const lost = atFirst(3, 'TransactWriteItemsCommand', lostReply);
    inject(stack.client, {
      after: async (command, input) => {
        if (command === 'TransactWriteItemsCommand' && swept.length === 0) {
          swept.push((await other.manager.cleanupInactiveSessions(0)).cleaned);
        }
        await lost(command, input);
      },
    });
    const session = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    expect(session.replayed).toBe(false);
    expect(swept).toEqual([[session.id]]);
    expect(await pending()).toEqual([]);
    expect(await manager.countAllSessions()).toBe(0);
    other.close();
  });

  // It ended the session that its repetition had been answered with.
  test('that is recorded and never hears of it is not taken back once its repetition was answered', async () => {
    const other = anotherInstance(stack);
    const replays: boolean[] = [];
    let carriedOut = 0;
    const restore = inject(stack.client, {
      before: async (command, input) => {
        if (isCreate(input) && carriedOut > 0) lostReply();
        if (command !== 'TransactWriteItemsCommand' || isCreate(input) || replays.length > 0) return;
        replays.push((await other.manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).replayed);
      },
      after: (_command, input) => {
        if (!isCreate(input)) return;
        carriedOut++;
        lostReply();
      },
    });
    const failing = manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(failing).rejects.toMatchObject({ code: 'CONTENTION' });
    restore();
    expect(replays).toEqual([true]);
    const again = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    expect(again.replayed).toBe(true);
    expect(await readdir(again.getWorkspacePath())).toEqual([]);
    expect(await manager.countAllSessions()).toBe(1);
    other.close();
  });

  test('that is recorded, and from then on only meets conflicts, is taken back too', async () => {
    let sent = 0;
    const restore = inject(stack.client, {
      before: (_command, input) =>
        void (isCreate(input) && ++sent > 3 && cancelWith(['None', 'TransactionConflict'])()),
      after: (_command, input) => void (isCreate(input) && lostReply()),
    });
    const failing = manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(failing).rejects.toMatchObject({ code: 'CONTENTION' });
    restore();
    expect(await manager.countAllSessions()).toBe(0);
    expect(await pending()).toEqual([]);
    expect((await manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).replayed).toBe(false);
  });

  test('whose directory cannot be made aside writes nothing', async () => {
    await writeFile(path.join(stack.root, '.pending'), 'in the way');
    const failing = manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(failing).rejects.toMatchObject({ code: 'WORKSPACE_CREATION' });
    expect(await manager.countAllSessions()).toBe(0);
    await rm(path.join(stack.root, '.pending'));
    expect((await manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).replayed).toBe(false);
  });

  test.each([
    ['the root', Object.assign(new Error('EIO'), { path: '/root', code: 'EIO' }), { code: 'WORKSPACE_CREATION' }],
    ['the table that names the root', new ContentionError(), { code: 'CONTENTION' }],
  ])('that cannot read %s says which of both it is, and writes nothing', async (_what, failure, refusal) => {
    Object.assign(stack.parts.workspaces, { checkRoot: () => Promise.reject(failure) });
    await expect(manager.createSession('alice', 'acme')).rejects.toMatchObject(refusal);
    expect(await manager.countAllSessions()).toBe(0);
  });

  test('whose directory cannot be moved in gives back seat and key', async () => {
    await mkdir(path.join(stack.root, '.pending'), { recursive: true });
    await writeFile(path.join(stack.root, 'alice'), 'in the way');
    const failing = manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(failing).rejects.toMatchObject({ code: 'WORKSPACE_CREATION' });
    expect(await manager.countAllSessions()).toBe(0);
    expect(await manager.listSessions('alice', { orgId: 'acme' })).toEqual({ sessions: [] });
    expect(await pending()).toEqual([]);
    await rm(path.join(stack.root, 'alice'));
    expect((await manager.createSession('alice', 'acme', { idempotencyKey: 'k' })).replayed).toBe(false);
  });

  test('and is repeated while its session ends is told that it ended', async () => {
    const { id } = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    const other = anotherInstance(stack);
    inject(stack.client, { after: atFirst(1, 'GetItemCommand', () => other.manager.cleanupSession(id)) });
    const again = manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(again).rejects.toMatchObject({ code: 'SESSION_ENDED', details: { sessionId: id } });
    other.close();
  });

  test('and crashed before its rename is completed by a replay', async () => {
    const session = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await stack.parts.workspaces.prepare('aside');
    await rm(session.getWorkspacePath(), { recursive: true });
    await rename(path.join(stack.root, '.pending', 'aside'), path.join(stack.root, '.pending', session.id));
    const again = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    expect(again.replayed).toBe(true);
    expect(await readdir(again.getWorkspacePath())).toEqual([]);
    expect(await pending()).toEqual([]);
  });
});

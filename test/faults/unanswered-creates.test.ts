import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DynamoDBServiceException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  ThrottlingException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { atFirst, cutReplies, inject, isCreate, lostReply } from './dynamodb-faults.ts';

const refusal = (name: string) => {
  const told = { name, message: name, $metadata: { httpStatusCode: 400 } };
  return new DynamoDBServiceException({ ...told, $fault: 'client' });
};
const of = (told = { message: 'injected', $metadata: {} }) => told;
const cancelled = (Code: string) =>
  new TransactionCanceledException({ ...of(), CancellationReasons: [{ Code: 'None' }, { Code }] });

/** What the attempts meet that come after the one without an answer. */
const AFTER_IT = {
  'an expired token': () => refusal('ExpiredTokenException'),
  'a revoked permission': () => refusal('AccessDeniedException'),
  'a request that is called invalid': () => refusal('ValidationException'),
  'a transaction that is called invalid': () => cancelled('ValidationError'),
  'conflicts without end': () => cancelled('TransactionConflict'),
  'throttling without end': () => new ThrottlingException(of()),
  'internal errors without end': () =>
    new InternalServerError({ message: 'injected', $metadata: { httpStatusCode: 500 } }),
  'an error of our own': () => new RangeError('injected'),
};

/** What becomes of the attempt without an answer. `late` is carried out once the create has been answered. */
const WITHOUT_ANSWER = ['carried out, reply lost', 'carried out, reply cut', 'late'] as const;

const pendingOf = (stack: TestStack) => readdir(path.join(stack.root, '.pending')).catch(() => []);

/** The first attempt has no answer, and all later ones fail with `fails`, until `end` is called. */
function disturb(stack: TestStack, first: (typeof WITHOUT_ANSWER)[number], fails: () => Error) {
  let attempts = 0;
  let late = async (): Promise<unknown> => undefined;
  const uncut = cutReplies(stack.client, (input) => first.endsWith('cut') && isCreate(input) && attempts === 1);
  const restore = inject(stack.client, {
    around: async (send, input) => {
      if (!isCreate(input)) return send();
      if (++attempts > 1) throw fails();
      if (first === 'late') late = send;
      else await send();
      return lostReply();
    },
  });
  const end = async () => {
    restore();
    uncut();
    await late();
  };
  return { end };
}

// A create answered with an error, and its session kept a seat and had no directory; its repetition was told success.
describe.each(WITHOUT_ANSWER)('a create whose first attempt has no answer (%s)', (first) => {
  test.concurrent.each(Object.entries(AFTER_IT))('and that then meets %s loses nothing', async (_name, fails) => {
    const stack = await newStack();
    const { end } = disturb(stack, first, fails);
    const create = () => stack.manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(create()).rejects.toThrow();
    await end();
    const again = await create();
    expect(await readdir(again.getWorkspacePath())).toEqual([]);
    expect(await stack.manager.countAllSessions()).toBe(1);
    const sweep = () => stack.manager.cleanupInactiveSessions();
    expect(await violationsAfterSweep(stack, sweep, { existing: [again.id], undecided: [] })).toEqual([]);
    await stack.close();
  });
});

describe('a create', () => {
  let stack: TestStack;
  afterEach(() => stack.close());

  // It had discarded its directory, since the last answer was a refusal.
  test('whose first attempt is carried out after the others found the limit full has its directory', async () => {
    stack = await newStack({ MAX_SESSIONS: '1' });
    const other = anotherInstance(stack);
    let late = async (): Promise<unknown> => undefined;
    const restore = inject(stack.client, {
      around: async (send, input) => {
        if (!isCreate(input)) return send();
        restore();
        late = send;
        await other.manager.createSession('bob', 'acme');
        return lostReply();
      },
    });
    const create = () => stack.manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(create()).rejects.toMatchObject({ code: 'MAX_SESSIONS_REACHED' });
    await other.manager.cleanupInactiveSessions(0);
    await late();
    const again = await create();
    expect(again.replayed).toBe(true);
    expect(await readdir(again.getWorkspacePath())).toEqual([]);
    expect(await violationsAfterSweep(stack, () => stack.manager.cleanupInactiveSessions())).toEqual([]);
    other.close();
  });

  // Its directory stayed in .pending until the sweep, as if it might have been recorded.
  test.each([
    ['throttled', () => new ThrottlingException(of())],
    ['short of throughput', () => new ProvisionedThroughputExceededException(of())],
  ])('that is %s all the time leaves nothing in .pending', async (_name, fails) => {
    stack = await newStack();
    const restore = inject(stack.client, {
      before: (_command, input) => {
        if (isCreate(input)) throw fails();
      },
    });
    await expect(stack.manager.createSession('alice', 'acme')).rejects.toMatchObject({ code: 'CONTENTION' });
    restore();
    expect(await pendingOf(stack)).toEqual([]);
    expect(await stack.manager.countAllSessions()).toBe(0);
  });

  // It answered success with a session that it had ended itself.
  test('that rolled itself back, whose reply was lost while a sweep ended the session, answers no success', async () => {
    stack = await newStack();
    const other = anotherInstance(stack);
    await writeFile(path.join(stack.root, 'alice'), 'in the way');
    let transactions = 0;
    const restore = inject(stack.client, {
      after: async (command) => {
        if (command !== 'TransactWriteItemsCommand') return;
        // The first records the session; the next three are attempts at the rollback.
        if (++transactions === 2) await other.manager.cleanupInactiveSessions();
        if (transactions >= 2 && transactions <= 4) lostReply();
      },
    });
    const create = () => stack.manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await expect(create()).rejects.toMatchObject({ code: 'WORKSPACE_CREATION' });
    restore();
    await rm(path.join(stack.root, 'alice'));
    expect(await stack.manager.countAllSessions()).toBe(0);
    expect((await create()).replayed).toBe(false);
    other.close();
  });

  // The SDK repeated it: it throws the error of its last attempt, and the first without an answer was forgotten.
  test('is repeated by us alone, with the same token', async () => {
    stack = await newStack();
    const tokens: unknown[] = [];
    inject(stack.client, {
      before: (_command, input) => {
        if (isCreate(input)) tokens.push((input as { ClientRequestToken?: string }).ClientRequestToken);
      },
      after: atFirst(4, 'TransactWriteItemsCommand', lostReply),
    });
    await stack.manager.createSession('alice', 'acme');
    expect(tokens).toEqual(Array.from({ length: 5 }, () => expect.any(String)));
    expect(new Set(tokens).size).toBe(1);
    expect(await stack.manager.countAllSessions()).toBe(1);
  });
});

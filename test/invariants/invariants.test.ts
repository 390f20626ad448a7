import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Session } from '../../lib/sessions/session.ts';
import { sessionKey, userEntryKey, type Key } from '../../lib/table/keys.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { violations, violationsAfterSweep, type Known } from './invariants.ts';
import { documentClient } from '../setup/document-client.ts';

const ADA = { userId: 'ada', orgId: 'acme' };

/** Each kind of damage is seen, and nothing where there is none. */
describe('the look at what is stored', () => {
  let stack: TestStack;
  let session: Session;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS_PER_USER: '2' });
    session = await stack.manager.createSession('ada', 'acme', { metadata: { note: 'a-secret' } });
    await stack.manager.createSession('ada', 'acme');
    await session.files.write('notes.txt', Buffer.from('notes'));
    await session.updateSystemPrompt('be brief');
  });
  afterEach(() => stack.close());

  const seen = async (known?: Known) => (await violations(stack, known)).join('\n');
  const remove = (key: Key) =>
    documentClient(stack.client).send(new DeleteCommand({ TableName: stack.config.tableName, Key: key }));
  const set = (key: Key, name: string, value: unknown) =>
    documentClient(stack.client).send(
      new UpdateCommand({
        TableName: stack.config.tableName,
        Key: key,
        UpdateExpression: 'SET #name = :value',
        ExpressionAttributeNames: { '#name': name },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
  const below = (...names: string[]) => path.join(stack.root, ...names);

  test('finds nothing where all is well, before a sweep and after', async () => {
    expect(await seen({ existing: [session.id] })).toBe('');
    await session.files.removeDirectory('', true).catch(() => undefined);
    await stack.manager.cleanupSession(session.id);
    const sweep = () => stack.manager.cleanupInactiveSessions();
    expect(await violationsAfterSweep(stack, sweep, { ended: [session.id] })).toEqual([]);
  });

  test.each<[string, RegExp, () => Promise<unknown>]>([
    [
      'a counter that is too high',
      /I2: ORG#acme has 2 sessions and counts 9/,
      () => set({ pk: 'SEATS#ORG#acme', sk: 'SEATS' }, 'active', 9),
    ],
    [
      'a counter that is gone',
      /I2: GLOBAL has 2 sessions and counts 0/,
      () => remove({ pk: 'SEATS#GLOBAL', sk: 'SEATS' }),
    ],
    [
      'seats that are spread, and one item with more than its share',
      /I1: SEATS#ORG#acme has 3 taken of 2, and is not the only item/,
      async () => {
        await set({ pk: 'SEATS#ORG#acme', sk: 'SEATS' }, 'active', 3);
        await set({ pk: 'SEATS#ORG#acme', sk: 'SEATS' }, 'seats', 2);
        await set({ pk: 'SEATS#ORG#acme#ITEM#1', sk: 'SEATS' }, 'active', -1);
      },
    ],
    ['a record that is gone', /I3: ada\/\S+ is the directory of no session/, () => remove(sessionKey(session.id))],
    ['what hangs on no session', /PROMPT is of no session/, () => remove(sessionKey(session.id))],
    [
      'a directory that is gone',
      /I3: session \S+ has no directory/,
      () => rm(session.getWorkspacePath(), { recursive: true }),
    ],
    [
      'a directory too many',
      /I3: eve\/some is the directory of no session/,
      () => mkdir(below('eve', 'some'), { recursive: true }),
    ],
    ['a directory aside', /I3: \.pending\/some is left/, () => mkdir(below('.pending', 'some'), { recursive: true })],
    ['something in the trash', /I3: \.trash\/some is left/, () => mkdir(below('.trash', 'some'), { recursive: true })],
    [
      'uploads of no session',
      /I3: \.uploads\/some is of no session/,
      () => mkdir(below('.uploads', 'some'), { recursive: true }),
    ],
    ['a file among the users', /I3: some is no directory of a user/, () => writeFile(below('some'), '')],
    ['a session that is ending', /is still ending/, () => set(sessionKey(session.id), 'status', 'ending')],
    ['a session in no list', /is not in its user's list/, () => remove(userEntryKey(ADA, session.id))],
    ['a session due at another time', /is due at 0/, () => set(sessionKey(session.id), 'due', '0')],
    [
      'an MCP client that is not there',
      /names the MCP clients "tools"/,
      () => set(sessionKey(session.id), 'mcpClientIds', new Set(['tools'])),
    ],
  ])('finds %s', async (_what, sentence, damage) => {
    await damage();
    expect(await seen()).toMatch(sentence);
  });

  test('finds a limit that was exceeded, what callers were told and is not so, and secrets', async () => {
    expect(await seen({ limitOf: (scope) => (scope === 'GLOBAL' ? 1 : 0) })).toBe(
      'I1: GLOBAL has 2 sessions and a limit of 1',
    );
    expect(await seen({ existing: ['none'] })).toBe('I5: session none was told to exist, and does not');
    expect(await seen({ ended: [session.id] })).toMatch(/was told to have ended, and exists/);
    expect(await seen({ existing: [session.id], undecided: [] })).toMatch(/exists, and nobody was told of it/);
    expect(await seen({ secrets: ['a-secret'] })).toMatch(/I7: a secret stands in clear in SESSION#/);
  });
});

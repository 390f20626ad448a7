import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ContentionError, SessionConflictError, SessionNotFoundError, ValidationError } from '../../lib/errors.ts';
import type { MetadataPatch } from '../../lib/sessions/metadata-change.ts';
import { parsed, send } from '../api/lambda-events.ts';
import { atFirst, inject, lostReply } from '../faults/dynamodb-faults.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import { recordingServer } from '../mcp-clients/recording-server.ts';

const MERGE = 'application/merge-patch+json';
const NAME = { a: 'one', b: 'two' };

describe('metadata', () => {
  let stack: TestStack;
  let clock: TestClock;
  let sessionId: string;
  beforeEach(async () => {
    clock = new TestClock();
    stack = await newStack({}, clock);
    sessionId = (await stack.manager.createSession('ada', 'acme', { metadata: NAME })).id;
  });
  afterEach(() => stack.close());

  const patch = (body: unknown, type = MERGE, isBase64Encoded = false) => {
    const text = JSON.stringify(body);
    return send(stack, 'PATCH /sessions/{sessionId}', {
      headers: { 'x-user-id': 'ada', 'x-org-id': 'acme', 'content-type': type },
      pathParameters: { sessionId },
      body: isBase64Encoded ? Buffer.from(text).toString('base64') : text,
      isBase64Encoded,
    });
  };
  const session = () => stack.manager.session(sessionId);
  const info = async () => (await stack.manager.getSession(sessionId)).getSessionInfo();

  test('of five callers who change a name each at the same time lost two of them', async () => {
    const names = ['v', 'w', 'x', 'y', 'z'];
    const answers = await Promise.all(names.map((name) => patch({ metadata: { [name]: name } }, MERGE, true)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    const all = Object.fromEntries(names.map((name) => [name, name]));
    expect(await info()).toMatchObject({ metadata: { ...NAME, ...all }, version: 6 });
  });

  test.each([
    ['its parameters', `${MERGE}; charset=utf-8`],
    ['its case', 'Application/Merge-Patch+JSON'],
  ])('is merged by the content type, whatever %s', async (_what, type) => {
    const answer = await patch({ metadata: { a: null, c: '' } }, type);
    expect(parsed(answer)).toMatchObject({ version: 2 });
    expect(parsed(answer).metadata).toEqual({ b: 'two', c: '' });
  });

  test('is replaced by any other content type, and none takes the field of direct invocations', async () => {
    for (const type of ['application/json', 'text/plain', '']) {
      expect(parsed(await patch({ metadata: { c: 'x' } }, type)).metadata).toEqual({ c: 'x' });
    }
    expect(parsed(await patch({ metadata: {}, merge: true }))).toMatchObject({ errors: [{ path: 'merge' }] });
  });

  test.each([
    ['a name that is empty', { '': 'x' }, 'metadata.'],
    ['a value that is a number', { a: 1 }, 'metadata.a'],
    ['an object for a value', { a: { b: 'c' } }, 'metadata.a'],
    ['a value that is not well-formed', { a: '\ud800' }, 'metadata.a'],
    ['no object', null, 'metadata'],
    ['a list', ['a'], 'metadata'],
  ])('is not merged with %s', async (_what, metadata, path) => {
    const answer = await patch({ metadata });
    expect(parsed(answer)).toMatchObject({ code: 'VALIDATION', errors: [{ path: expect.stringContaining(path) }] });
    expect(await info()).toMatchObject({ metadata: NAME, version: 1 });
  });

  test('has its bound after it is merged, and a patch that removes more than it adds passes', async () => {
    await session().updateMetadata({ big: 'x'.repeat(2000) });
    const tooLarge = session().updateMetadata({ more: 'y'.repeat(100) }, { merge: true });
    await expect(tooLarge).rejects.toThrow(ValidationError);
    const swapped = await session().updateMetadata({ big: null, other: 'y'.repeat(2000) }, { merge: true });
    expect(Object.keys(swapped.getSessionInfo().metadata)).toEqual(['other']);
  });

  test('takes null nowhere but in a merge', async () => {
    expect(parsed(await patch({ metadata: { a: null } }, 'application/json'))).toMatchObject({
      errors: [{ path: 'metadata.a' }],
    });
    await expect(session().updateMetadata({ a: null }, { merge: false })).rejects.toThrow('metadata.a');
  });

  test.each<[string, MetadataPatch, MetadataPatch]>([
    ['nothing', {}, NAME],
    ['a name that is not there, removed', { none: null }, NAME],
    [
      'names of the language',
      { constructor: 'x', toString: 'y', a: null },
      { b: 'two', constructor: 'x', toString: 'y' },
    ],
    ['everything, removed', { a: null, b: null }, {}],
  ])('is merged with %s', async (_what, change, after) => {
    expect((await session().updateMetadata(change, { merge: true })).getSessionInfo().metadata).toEqual(after);
  });

  test.each(['application/json', MERGE])('as %s takes the version that was read, and no other', async (type) => {
    const { version } = await info();
    const first = await patch({ metadata: { c: 'x' }, version }, type);
    expect([first.statusCode, parsed(first)]).toMatchObject([200, { version: version + 1 }]);
    for (const stale of [version, version + 2]) {
      const refused = await patch({ metadata: { c: 'y' }, version: stale }, type);
      expect([refused.statusCode, parsed(refused)]).toMatchObject([
        409,
        { code: 'SESSION_CONFLICT', version: version + 1 },
      ]);
    }
    expect(parsed(await patch({ metadata: {}, version: 0 }, type))).toMatchObject({ errors: [{ path: 'version' }] });
    expect((await info()).metadata).toMatchObject({ c: 'x' });
  });

  test('at one version is written by one of five callers', async () => {
    const writes = [1, 2, 3, 4, 5].map((n) =>
      session().updateMetadata({ n: String(n) }, { version: 1, merge: n % 2 === 0 }),
    );
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(SessionConflictError);
    }
    expect((await info()).version).toBe(2);
  });

  test.each([{ version: 1 }, { merge: true }])('whose reply is lost is known again with %p', async (options) => {
    const restore = inject(stack.client, { after: atFirst(1, 'UpdateItemCommand', lostReply) });
    const updated = await session().updateMetadata({ c: 'x' }, options);
    restore();
    expect(updated.getSessionInfo()).toMatchObject({ version: 2, metadata: { c: 'x' } });
    expect((await info()).version).toBe(2);
  });

  test('that others change each time before it is merged is contended in the end', async () => {
    let count = 0;
    const restore = inject(stack.client, {
      before: async (command, input) => {
        const isOfMerge = JSON.stringify(input).includes('metadataWriteId');
        if (command === 'UpdateItemCommand' && isOfMerge) await session().updateMetadata({ n: String(count++) });
      },
    });
    await expect(session().updateMetadata({ c: 'x' }, { merge: true })).rejects.toThrow(ContentionError);
    restore();
    expect(count).toBeGreaterThan(5);
  }, 30_000);

  test('of a session that ends meanwhile is not merged', async () => {
    const restore = inject(stack.client, {
      before: atFirst(
        1,
        'UpdateItemCommand',
        async () => void (await stack.parts.store.claimEnd(sessionId, 'requested')),
      ),
    });
    await expect(session().updateMetadata({ c: 'x' }, { merge: true })).rejects.toThrow(SessionNotFoundError);
    restore();
  });

  test('and everything else but a touch grows the version that all answers show', async () => {
    const server = await recordingServer();
    try {
      const steps: [number, () => Promise<unknown>][] = [
        [1, async () => undefined],
        [1, () => session().heartbeat()],
        [2, () => session().updateMetadata({ c: 'x' })],
        [3, () => session().updateSystemPrompt('Be kind.')],
        [4, () => session().addMcpClient({ id: 'tools', type: 'http', endpoint: server.url })],
        [5, () => session().removeMcpClient('tools')],
        [
          5,
          () =>
            session()
              .updateMetadata({ c: 'y' }, { version: 4 })
              .catch(() => undefined),
        ],
      ];
      for (const [version, step] of steps) {
        clock.advance({ seconds: 61 });
        await step();
        const { sessions } = await stack.manager.listSessions('ada', { orgId: 'acme' });
        const shown = [await info(), ...sessions.map((one) => one.getSessionInfo())];
        expect(shown.map((one) => one.version)).toEqual([version, version]);
      }
    } finally {
      await server.close();
    }
  });

  test.each([{ colour: 'red' }, { version: 1.5 }, { version: '1' }, { merge: 1 }])(
    'is not changed with the options %p',
    async (options) => {
      await expect(session().updateMetadata({}, options as object)).rejects.toThrow(ValidationError);
    },
  );
});

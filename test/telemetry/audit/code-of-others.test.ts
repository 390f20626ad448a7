import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { AUDITED_OPERATIONS, EFFECTS } from '../../../lib/api/audit-catalogue.ts';
import { AuditLog } from '../../../lib/telemetry/audit/audit-log.ts';
import { LogLines } from '../../../lib/telemetry/log-lines.ts';
import type { PromptRequest } from '../../../lib/prompts/prompt-composer.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';

/** Events by what happened and to whom, in no order. */
const told = (events: readonly AuditEvent[]) => events.map(({ event, userId }) => `${event} ${userId}`).sort();

describe('code of others that an operation runs', () => {
  let stack: TestStack;
  let othersId: string;
  beforeEach(async () => {
    stack = await newStack();
    othersId = (await stack.manager.createSession('bob', 'other')).id;
    stack.audited.length = 0;
  });
  afterEach(() => stack.close());

  const OF_ADA = { event: 'session.created', userId: 'ada', orgId: 'acme', actor: { kind: 'user' } };

  test.each<[string, (look: () => Promise<unknown>) => unknown]>([
    ['a composer that waits for it', async (look) => (await look(), 'a prompt')],
    ['a composer that does not wait', (look) => (void look(), 'a prompt')],
    ['a thenable', (look) => ({ then: (give: (prompt: string) => void) => void look().then(() => give('a prompt')) })],
  ])('has events of its own: %s', async (_what, compose) => {
    let looked: Promise<unknown> = Promise.resolve();
    const look = () => (looked = stack.manager.getSession(othersId));
    stack.manager.setPromptComposer({ compose: () => compose(look) as string });
    const session = await stack.manager.as({ kind: 'user', userId: 'ada', orgId: 'acme' }).createSession('ada', 'acme');
    await looked;
    expect(told(stack.audited)).toEqual(['session.created ada', 'session.read bob']);
    const created = stack.audited.find(({ event }) => event === 'session.created');
    expect(created).toMatchObject({ ...OF_ADA, sessionId: session.id });
    const read = stack.audited.find(({ event }) => event === 'session.read');
    expect(read).toMatchObject({ sessionId: othersId, actor: { kind: 'application' } });
  });

  test('is audited when it comes later: what a composer has left running', async () => {
    let goOn: () => void = () => undefined;
    let later: Promise<unknown> = Promise.resolve();
    stack.manager.setPromptComposer({
      compose: () => {
        const ended = new Promise<void>((resolve) => (goOn = resolve));
        later = ended.then(() => stack.manager.getSession(othersId));
        return '';
      },
    });
    await stack.manager.createSession('ada', 'acme');
    goOn();
    await later;
    expect(told(stack.audited)).toEqual(['session.created ada', 'session.read bob']);
  });

  test('has events of its own: an audit logger that is told of an end inside a cleanup', async () => {
    const { manager, audited } = stack;
    let looked: Promise<unknown> | undefined;
    manager.setAuditLogger({
      log: (event: AuditEvent) => {
        audited.push(event);
        if (event.event === 'session.ended') looked = manager.countUserSessions('carol', 'third');
      },
    });
    await manager.cleanupInactiveSessions(0);
    await looked;
    expect(told(audited)).toEqual(['cleanup.run undefined', 'session.ended bob', 'usage.counted-of-user carol']);
  });

  test.each(['now', 'newSessionId'] as const)('has events of its own: %s', async (option) => {
    let looks = false;
    let looked: Promise<unknown> | undefined;
    const look = () => {
      if (looks) looked ??= own.manager.countUserSessions('carol', 'third');
    };
    const own: TestStack = await newStack({}, undefined, {
      now: () => (option === 'now' && look(), new Date()),
      newSessionId: () => (option === 'newSessionId' && look(), '01a2045b-8d44-72e6-97c0-cb9917303a81'),
    });
    try {
      looks = true;
      await own.manager.createSession('ada', 'acme');
      await looked;
      expect(told(own.audited)).toEqual(['session.created ada', 'usage.counted-of-user carol']);
    } finally {
      await own.close();
    }
  });

  test('has events of its own: what writes the log', async () => {
    let looked: Promise<unknown> | undefined;
    const write = () => void (looked ??= own.manager.countUserSessions('carol', 'third'));
    const log = new LogLines({ getLevelName: () => 'INFO', info: write, warn: write, error: write });
    const own: TestStack = await newStack({}, undefined, { log });
    try {
      own.manager.setPromptComposer({
        compose: () => {
          throw new Error('no');
        },
      });
      await own.manager.createSession('ada', 'acme');
      await looked;
      expect(told(own.audited)).toEqual(['session.created ada', 'usage.counted-of-user carol']);
    } finally {
      await own.close();
    }
  });

  test('changes no request: the variables that a composer alters count as they were sent', async () => {
    let composed = 0;
    stack.manager.setPromptComposer({
      compose: ({ variables }: PromptRequest) => {
        (variables as Record<string, unknown>).composed = composed++;
        return '';
      },
    });
    const create = () =>
      stack.manager.createSession('ada', 'acme', { idempotencyKey: 'k', promptVariables: { tone: 'kind' } });
    const { id } = await create();
    expect(await create()).toMatchObject({ id, replayed: true });
  });
});

test('an operation that has ended takes no notes, and what goes on after it is one of its own', async () => {
  const events: AuditEvent[] = [];
  const audit = new AuditLog({ log: (event: AuditEvent) => void events.push(event) }, () => undefined);
  let goOn: () => void = () => undefined;
  let late: Promise<unknown> = Promise.resolve();
  await audit.record(
    AUDITED_OPERATIONS.createSession,
    { kind: 'user', userId: 'ada', orgId: 'acme' },
    { userId: 'ada' },
    async () => {
      late = new Promise<void>((resolve) => (goOn = resolve)).then(async () => {
        audit.note({ userId: 'bob' });
        await audit.record(
          AUDITED_OPERATIONS.getSession,
          { kind: 'application' },
          { userId: 'carol' },
          async () => undefined,
        );
        await audit.emit(EFFECTS['session.ended'], { userId: 'ada', reason: 'workspace-creation-failed' }, 1);
      });
    },
  );
  goOn();
  await late;
  expect(told(events)).toEqual(['session.created ada', 'session.ended ada', 'session.read carol']);
  // What follows late still says who asked for it.
  expect(events.at(-1)).toMatchObject({ operation: 'createSession', actor: { kind: 'user', userId: 'ada' } });
});

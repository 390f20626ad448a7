import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ADMITTED } from '../lib/operations/operation.ts';
import type { ErrorCode } from '../lib/errors.ts';
import {
  checkSpeaksFor,
  cleanupScope,
  identityOf,
  isAdministrator,
  isOwner,
  isUnrestricted,
  keepsAlive,
  mayReconcile,
  maySee,
  type Caller,
  type KnownSession,
} from '../lib/identity.ts';
import { parseCaller } from '../lib/sessions/parse-caller.ts';
import { SessionManagerV2 } from '../lib/composition/session-manager-v2.ts';
import { SessionManager } from '../lib/sessions/session-manager.ts';
import { newStack, type TestStack } from './setup/test-stack.ts';
import { hidden, revoked, unreadable } from './setup/strange-objects.ts';

const ADA = { userId: 'ada', orgId: 'acme' };
const USER = { kind: 'user', ...ADA } as const;
const inherited = (fields: object, own: object = {}): unknown => Object.assign(Object.create(fields) as object, own);

/** What is no caller, and what it is answered with. */
const NO_CALLERS: readonly [string, unknown, ErrorCode][] = [
  ['nothing', undefined, 'UNAUTHORIZED'],
  ['null', null, 'UNAUTHORIZED'],
  ['a text', 'operator', 'VALIDATION'],
  ['a function', Object.assign(() => undefined, { kind: 'operator' }), 'VALIDATION'],
  ['a list', ['operator'], 'VALIDATION'],
  ['no kind', {}, 'VALIDATION'],
  ['an identity without a kind', ADA, 'VALIDATION'],
  ['an unknown kind', { kind: 'superuser', ...ADA }, 'VALIDATION'],
  ['a kind that every object has', { kind: 'constructor', ...ADA }, 'VALIDATION'],
  ['a kind in capitals', { kind: 'Operator' }, 'VALIDATION'],
  ['a list as the kind', { kind: ['operator'] }, 'VALIDATION'],
  ['an inherited kind', inherited({ kind: 'operator' }), 'VALIDATION'],
  ['an inherited caller', inherited(USER), 'VALIDATION'],
  ['an inherited user', inherited({ userId: 'ada' }, { kind: 'user', orgId: 'acme' }), 'INVALID_USER_ID'],
  ['an inherited organisation', inherited({ orgId: 'acme' }, { kind: 'admin', userId: 'ada' }), 'INVALID_ORG_ID'],
  ['an admin of nothing', { kind: 'admin' }, 'INVALID_USER_ID'],
  ['an admin of no organisation', { kind: 'admin', userId: 'ada' }, 'INVALID_ORG_ID'],
  ['a user of no organisation', { kind: 'user', userId: 'ada' }, 'INVALID_ORG_ID'],
  ['a user of an undefined organisation', { ...USER, orgId: undefined }, 'INVALID_ORG_ID'],
  ['a user without an id', { kind: 'user', orgId: 'acme' }, 'INVALID_USER_ID'],
  ['an empty user', { ...USER, userId: '' }, 'INVALID_USER_ID'],
  ['a user that is null', { ...USER, userId: null }, 'INVALID_USER_ID'],
  ['a user that is an object', { ...USER, userId: { toString: () => 'ada' } }, 'INVALID_USER_ID'],
  ['a user that is a String', { ...USER, userId: new String('ada') }, 'INVALID_USER_ID'],
  ['an organisation that is a list', { ...USER, orgId: ['acme'] }, 'INVALID_ORG_ID'],
  ['an organisation that is too long', { ...USER, orgId: 'é'.repeat(65) }, 'INVALID_ORG_ID'],
  ['an operator with a bad user', { kind: 'operator', userId: 'a\n' }, 'INVALID_USER_ID'],
  ['an operator with a bad organisation', { kind: 'operator', orgId: 7 }, 'INVALID_ORG_ID'],
  ['a restriction that is not known', { kind: 'operator', scopes: ['read'] }, 'VALIDATION'],
  ['a restriction that is not listed', hidden({ kind: 'operator' }, 'scopes'), 'VALIDATION'],
  ['a restriction that is a symbol', { kind: 'operator', [Symbol('scopes')]: [] }, 'VALIDATION'],
  ['a restriction that is a symbol and not listed', hidden({ kind: 'operator' }, Symbol('scopes')), 'VALIDATION'],
  ['a list with a kind', Object.assign([], { kind: 'operator' }), 'VALIDATION'],
  ['a map with a kind', Object.assign(new Map([['scopes', []]]), { kind: 'operator' }), 'VALIDATION'],
  ['a date with a kind', Object.assign(new Date(), { kind: 'operator' }), 'VALIDATION'],
  ['an error with a kind', Object.assign(new Error(), { kind: 'operator' }), 'VALIDATION'],
  ['a revoked proxy', revoked(), 'VALIDATION'],
  ['a kind that throws', unreadable('kind', {}), 'VALIDATION'],
  ['a user that throws', unreadable('userId', { kind: 'user', orgId: 'acme' }), 'VALIDATION'],
  ['a schedule of an organisation', { kind: 'schedule', orgId: 'acme' }, 'VALIDATION'],
  ['an application of an organisation', { kind: 'application', orgId: 'acme' }, 'VALIDATION'],
];

describe('a caller', () => {
  let stack: TestStack;
  let manager: SessionManager;
  beforeEach(async () => {
    stack = await newStack();
    manager = stack.manager;
  });
  afterEach(() => stack.close());

  const forbidden = expect.objectContaining({ code: 'FORBIDDEN' });

  test.each(NO_CALLERS)('%s is refused, and is nobody', (_what, caller, code) => {
    expect(() => manager.as(caller as Caller)).toThrow(expect.objectContaining({ code }));
  });

  test('is named: `as()` is not the application', () => {
    // @ts-expect-error -- a caller is needed
    expect(() => manager.as()).toThrow(expect.objectContaining({ code: 'UNAUTHORIZED' }));
  });

  test('is not given to the constructor, where none would be the application', () => {
    for (const caller of [undefined, { kind: 'user', ...ADA }]) {
      expect(() => new SessionManagerV2(stack.options, caller as never)).toThrow(
        expect.objectContaining({ code: 'VALIDATION' }),
      );
    }
    expect(new SessionManagerV2(stack.options).as(USER)).toBeInstanceOf(SessionManager);
  });

  test('is what it was when it was named, whatever becomes of the object', async () => {
    const mine = await manager.createSession('ada', 'acme');
    const other = await manager.createSession('bob', 'other');
    const caller: Record<string, string> = { ...USER };
    const view = manager.as(caller as Caller);
    Object.assign(caller, { kind: 'operator', userId: 'bob', orgId: 'other' });
    expect((await view.getSession(mine.id)).id).toBe(mine.id);
    await expect(view.getSession(other.id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('is read once: a getter is not asked again', async () => {
    const other = await manager.createSession('bob', 'other');
    let asked = 0;
    const view = manager.as({
      ...ADA,
      get kind() {
        return asked++ === 0 ? 'user' : 'operator';
      },
    });
    await expect(view.getSession(other.id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await expect(view.countAllSessions()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(asked).toBe(1);
  });

  test('is not what an audit logger makes of the actor in an event', async () => {
    const other = await manager.createSession('bob', 'other');
    manager.setAuditLogger({ log: ({ actor }) => void Object.assign(actor, { kind: 'operator' }) });
    const view = manager.as(USER);
    await view.listSessions('ada', { orgId: 'acme' });
    await expect(view.getSession(other.id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  test('may be an object of any make that says itself who it is', () => {
    class Member {
      readonly kind = 'user';
      readonly userId = 'ada';
      readonly orgId = 'acme';
    }
    expect(parseCaller(new Member())).toEqual(USER);
    expect(parseCaller(Object.assign(Object.create(null), USER))).toEqual(USER);
    expect(parseCaller({ kind: 'operator', userId: undefined })).toEqual({ kind: 'operator' });
    expect(parseCaller({ kind: 'operator', orgId: 'acme' })).toEqual({ kind: 'operator', orgId: 'acme' });
  });

  test.each<Caller>([USER, { kind: 'admin', ...ADA }, { kind: 'operator' }, { kind: 'schedule' }])(
    'with a view of its own (%j) cannot make it one of somebody else',
    (caller) => {
      const view = manager.as(caller);
      const others: Caller[] = [{ kind: 'application' }, { kind: 'operator' }, { kind: 'schedule' }, caller];
      for (const other of others) expect(() => view.as(other)).toThrow(forbidden);
    },
  );

  test('with a view cannot replace what all share: the composer, the audit logger, the audit log', async () => {
    const view = manager.as({ kind: 'operator' });
    expect(() => view.setPromptComposer({ compose: () => 'mine' })).toThrow(forbidden);
    expect(() => view.setAuditLogger({ log: () => undefined })).toThrow(forbidden);
    expect(view).not.toHaveProperty('audit');
    const session = await manager.createSession('ada', 'acme');
    expect(await session.getSystemPrompt()).toBe('');
    expect(stack.audited.map(({ event }) => event)).toEqual(['session.created', 'system-prompt.read']);
  });

  test('that is the application is the manager that was made, and no view', () => {
    // Not `toBe`, which would print all of both where they differ.
    expect(manager.as({ kind: 'application' }) === manager).toBe(true);
  });

  test('that is the schedule cleans up and reconciles, and does nothing else', async () => {
    const { id } = await manager.createSession('ada', 'acme');
    const schedule = manager.as({ kind: 'schedule' });
    await expect(schedule.getSession(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await expect(schedule.cleanupSession(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    const refused: (() => Promise<unknown>)[] = [
      () => schedule.createSession('ada', 'acme'),
      () => schedule.listSessions('ada'),
      () => schedule.listOrgSessions('acme'),
      () => schedule.countUserSessions('ada'),
      () => schedule.countAllSessions(),
      () => schedule.getUsage({}),
      () => schedule.limits.put({ scope: 'global' }, { limit: 0 }),
      () => schedule.prompts.list({ scope: 'global' }),
      () => schedule.prompts.list({ scope: 'org', orgId: 'acme' }),
    ];
    for (const call of refused) await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await schedule.cleanupInactiveSessions()).toMatchObject({ cleaned: [] });
    expect(await schedule.reconciler.run()).toMatchObject({ repaired: 0 });
  });
});

describe('a kind of caller that no rule names yet', () => {
  const robot = { kind: 'robot', sessionId: 'x', scopes: ['mcp'] } as unknown as Caller;

  test('is refused by every rule, also for a session whose owner is not known', () => {
    for (const session of [{ ...ADA, id: 'x' }, {} as KnownSession]) {
      const predicates = [isOwner, maySee, keepsAlive].map((rule) => rule(robot, session));
      expect(predicates).toEqual([false, false, false]);
    }
    expect([isUnrestricted, isAdministrator, mayReconcile].map((rule) => rule(robot))).toEqual([false, false, false]);
    expect(identityOf(robot)).toEqual({});
    for (const named of [{}, ADA]) {
      expect(() => checkSpeaksFor(robot, named)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    }
    expect(() => cleanupScope(robot)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    expect(ADMITTED.caller).not.toContain(robot.kind);
  });
});

test('a caller without an identity owns no session, also none whose owner is not known', () => {
  for (const caller of [{ kind: 'application' }, { kind: 'operator' }, { kind: 'schedule' }] as const) {
    expect(isOwner(caller, {} as typeof ADA)).toBe(false);
  }
});

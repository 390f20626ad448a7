import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { asCaller } from '../../lib/api/client/http-caller.ts';
import { handleInvocation } from '../../lib/api/invoke-handler.ts';
import { API_FUNCTIONS, type ApiFunction } from '../../lib/operations/operation.ts';
import { SessionManagerClient, type Actor, type Invoke } from '../../lib/api/client/session-manager-client.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { hidden, revoked, unreadable } from '../setup/strange-objects.ts';

const env = Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), `the-${group}-function`]));
const ADA = { userId: 'ada', orgId: 'acme' };
const inheriting = (fields: object, own: object = {}): object => Object.assign(Object.create(fields) as object, own);
const refused = (code: ErrorCode) => expect.objectContaining({ code });

/** What names nobody, and must not be left out for it: without an actor, an operator asks. */
const NO_ACTORS: readonly [string, unknown, ErrorCode][] = [
  ['a text', 'ada', 'VALIDATION'],
  ['an empty text', '', 'VALIDATION'],
  ['zero', 0, 'VALIDATION'],
  ['false', false, 'VALIDATION'],
  ['a list', [ADA], 'VALIDATION'],
  ['an empty object', {}, 'VALIDATION'],
  ['an inherited user', inheriting({ userId: 'ada' }, { orgId: 'acme' }), 'VALIDATION'],
  ['an inherited actor', inheriting(ADA), 'VALIDATION'],
  ['a role only', { role: 'operator' }, 'VALIDATION'],
  ['an unknown role', { ...ADA, role: 'superuser' }, 'VALIDATION'],
  ['a role that is null', { ...ADA, role: null }, 'VALIDATION'],
  ['a restriction that is not known', { ...ADA, scopes: [] }, 'VALIDATION'],
  ['an empty user', { ...ADA, userId: '' }, 'INVALID_USER_ID'],
  ['an organisation with a line break', { ...ADA, orgId: 'a\n' }, 'INVALID_ORG_ID'],
];

/** What no JSON has, so that only who names an actor in code can send it. */
const OVERLOOKED: readonly [string, unknown, ErrorCode][] = [
  ['a restriction that is not listed', hidden(ADA, 'scopes'), 'VALIDATION'],
  ['a restriction that is a symbol', { ...ADA, [Symbol('scopes')]: [] }, 'VALIDATION'],
  ['a map with an identity', Object.assign(new Map(), ADA), 'VALIDATION'],
  ['a revoked proxy', revoked(), 'VALIDATION'],
  ['a user that throws', unreadable('userId', ADA), 'VALIDATION'],
];

describe('an actor', () => {
  let stack: TestStack;
  let client: SessionManagerClient;
  let sent: string[];
  beforeEach(async () => {
    stack = await newStack();
    sent = [];
    client = new SessionManagerClient(env, invoke);
  });
  afterEach(() => stack.close());

  const handled = (group: ApiFunction, event: unknown) =>
    handleInvocation(group, stack, event, 'request', new AbortController().signal);
  /** Lambda, with the functions' own door behind it. */
  const invoke: Invoke = async (functionName, payload) => {
    sent.push(payload);
    return JSON.stringify(await handled(functionName.split('-')[1] as ApiFunction, JSON.parse(payload)));
  };
  const list = (actor: unknown) => ({ operation: 'listSessions', input: { userId: 'bob', orgId: 'other' }, actor });

  test.each<[string, unknown, ErrorCode]>([
    ['nothing', undefined, 'UNAUTHORIZED'],
    ['null', null, 'UNAUTHORIZED'],
    ...NO_ACTORS,
    ...OVERLOOKED,
  ])('of the typed client that is %s is refused, and makes no operator of it', (_what, actor, code) => {
    expect(() => client.as(actor as Actor)).toThrow(refused(code));
  });

  test.each<[string, unknown, ErrorCode]>([['null', null, 'VALIDATION'], ...NO_ACTORS])(
    'of an invocation that is %s is refused, and makes no operator of it',
    async (_what, actor, code) => {
      expect(await handled('records', list(actor))).toMatchObject({ ok: false, error: { code } });
    },
  );

  test('of an invocation counts where the event inherits it, too: overlooked, it would be an operator', async () => {
    const { actor, ...own } = list(ADA);
    const answer = await handled('records', inheriting({ actor }, own));
    expect(answer).toMatchObject({ ok: false, error: { code: 'FORBIDDEN' } });
  });

  test('cannot inherit a role', async () => {
    const { id } = await stack.manager.createSession('bob', 'other');
    const ada = inheriting({ role: 'operator' }, ADA);
    const event = { operation: 'getSession', input: { sessionId: id }, actor: ada };
    const hidden = refused('SESSION_NOT_FOUND');
    expect(await handled('records', event)).toMatchObject({ ok: false, error: hidden });
    await expect(client.as(ada as Actor).getSession({ sessionId: id })).rejects.toEqual(hidden);
  });

  test('of a client is what it was when it was named, whatever becomes of the object', async () => {
    const actor: Actor = { ...ADA };
    const ada = client.as(actor);
    Object.assign(actor, { userId: 'root', role: 'operator' });
    await ada.listSessions({});
    expect(JSON.parse(sent[0] as string)).toMatchObject({ actor: ADA });
    expect(sent[0]).not.toContain('operator');
  });

  test('of a client cannot make itself another', () => {
    const ada = client.as(ADA);
    for (const other of [{ ...ADA, role: 'operator' as const }, ADA]) {
      expect(() => ada.as(other)).toThrow(refused('FORBIDDEN'));
    }
    expect(ada).toBeInstanceOf(SessionManagerClient);
  });

  test('is not given to the constructor of a client, where none would be an operator', () => {
    const Untyped = SessionManagerClient as new (...given: unknown[]) => SessionManagerClient;
    for (const actor of [undefined, ADA]) expect(() => new Untyped(env, invoke, actor)).toThrow(refused('VALIDATION'));
  });
});

describe('a caller in headers', () => {
  const headersOf = (caller: object) =>
    asCaller(caller)(
      { method: 'GET', target: '/sessions', headers: {}, body: undefined },
      new URL('http://127.0.0.1/'),
    );

  test('inherits nothing', async () => {
    expect(await headersOf(inheriting({ role: 'operator' }, ADA))).toEqual({
      'x-user-id': 'ada',
      'x-org-id': 'acme',
    });
  });

  test.each<[string, unknown, ErrorCode]>([
    ['nothing', undefined, 'UNAUTHORIZED'],
    ['null', null, 'UNAUTHORIZED'],
    ['a user that is no text', { ...ADA, userId: 7 }, 'VALIDATION'],
    ['a user that arrives as somebody else', { ...ADA, userId: 'ada\ud800' }, 'VALIDATION'],
    ['a role that is null', { ...ADA, role: null }, 'VALIDATION'],
    ['a text', 'ada', 'VALIDATION'],
    ['an empty text', '', 'VALIDATION'],
    ['a list', [], 'VALIDATION'],
    ['zero', 0, 'VALIDATION'],
    ['a restriction that is not known', { ...ADA, scopes: [] }, 'VALIDATION'],
    ...OVERLOOKED,
  ])('is no caller: %s', (_what, caller, code) => {
    expect(() => asCaller(caller as object)).toThrow(refused(code));
  });
});

import { describe, expect, test } from '@jest/globals';
import type { ScopeOwner } from '../../lib/identity.ts';
import * as keys from '../../lib/table/keys.ts';
import { seatsIdOf, seatsOwner, seatsPlace } from '../../lib/table/seats-owner.ts';

const OWNER = { userId: 'a#b', orgId: 'c%23/d' };
const OF: ScopeOwner = { scope: 'user', ...OWNER };

describe('seats', () => {
  test.each([
    { scope: 'global', orgId: '', userId: '' },
    { scope: 'org', orgId: 'c%23/d', userId: '' },
    OF,
    // An empty id is an id: a scope of nobody is still no other one.
    { scope: 'org', orgId: '', userId: '' },
    { scope: 'user', orgId: '', userId: '' },
  ] as ScopeOwner[])('of $scope "$orgId" "$userId" are found again by their key, item by item', (of) => {
    for (const item of [0, 1, 31]) expect(seatsPlace(keys.seatsKey(of, item))).toEqual({ of, item });
    expect(seatsOwner(seatsIdOf(of))).toEqual(of);
  });

  test('have the keys that stored tables have', () => {
    expect(keys.seatsKey(OF)).toEqual({ pk: 'SEATS#ORG#c%2523%2Fd#USER#a%23b', sk: 'SEATS' });
    expect(keys.seatsKey({ ...OF, scope: 'global' }, 7)).toEqual({ pk: 'SEATS#GLOBAL#ITEM#7', sk: 'SEATS' });
  });

  test('are no other item, and a text that is none of their ids is refused', () => {
    expect(seatsPlace(keys.sessionKey('1'))).toBeUndefined();
    expect(seatsPlace({ pk: 'SEATS#GLOBAL#USER#a' })).toBeUndefined();
    expect(() => seatsOwner('LAYERS#GLOBAL')).toThrow('LAYERS#GLOBAL is no id of seats');
  });
});

describe('an item hangs on a session', () => {
  test.each([
    ['as its prompt', keys.promptKey('1'), '1'],
    ['as an MCP client of it', keys.mcpClientKey('1', 'x#y'), '1'],
    ['as its entry in a list', keys.userEntryKey(OWNER, '1'), '1'],
    ['not as the session itself', keys.sessionKey('1'), undefined],
    ['not as what is measured of its workspace', keys.workspaceUsageKey('1'), undefined],
    ['not as a termination, which outlives it', keys.terminationKey('1', 'x'), undefined],
    ['not as seats', keys.seatsKey(OF), undefined],
    ['not as a prompt of something else', { pk: 'LAYERS#1', sk: keys.promptKey('1').sk }, undefined],
  ])('%s', (_name, key, sessionId) => {
    expect(keys.sessionOfBelonging(key)).toBe(sessionId);
  });

  test('a termination is known by its key', () => {
    expect(keys.isTerminationKey(keys.terminationKey('1', 'x'))).toBe(true);
    expect(keys.isTerminationKey(keys.sessionKey('1'))).toBe(false);
  });
});

test('an idempotency key belongs to a user of an organisation, and to no other', () => {
  const places = [
    { userId: 'a', orgId: 'b' },
    { userId: 'a', orgId: 'c' },
    { userId: 'c', orgId: 'b' },
    { userId: 'b', orgId: 'a' },
  ].map((owner) => keys.idempotencyKey(owner, 'key').pk);
  expect(new Set([...places, keys.idempotencyKey({ userId: 'a', orgId: 'b' }, 'other').pk]).size).toBe(5);
});

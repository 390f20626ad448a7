import { describe, expect, test } from '@jest/globals';
import {
  actsForOwner,
  checkAgentMay,
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
} from '../../lib/identity.ts';
import { parseCaller } from '../../lib/sessions/parse-caller.ts';

const ADA = { userId: 'ada', orgId: 'acme' };

describe('the agent of a session', () => {
  const AGENT: Caller = { kind: 'agent', sessionId: 'x', scopes: ['files:read', 'heartbeat'] };
  const [its, others] = ['x', 'y'].map((id) => ({ ...ADA, id })) as [KnownSession, KnownSession];

  test('may see its session and keeps it alive, and owns nothing', () => {
    expect([maySee, keepsAlive, isOwner, actsForOwner].map((rule) => rule(AGENT, its))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('is nobody to all others, also to those of the same owner', () => {
    for (const session of [others, {} as KnownSession]) {
      expect([maySee, keepsAlive, isOwner, actsForOwner].map((rule) => rule(AGENT, session))).toEqual([
        false,
        false,
        false,
        false,
      ]);
    }
    expect([isUnrestricted, isAdministrator, mayReconcile].map((rule) => rule(AGENT))).toEqual([false, false, false]);
    expect(identityOf(AGENT)).toEqual({});
    for (const named of [{}, ADA]) {
      expect(() => checkSpeaksFor(AGENT, named)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    }
    expect(() => cleanupScope(AGENT)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  test('may do what its token has the scope for, and nothing that does not admit agents', () => {
    for (const needs of ['any', 'files:read', 'heartbeat'] as const) checkAgentMay(AGENT, needs);
    for (const needs of ['mcp', 'files:write', 'prompt:read', undefined] as const) {
      expect(() => checkAgentMay(AGENT, needs)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
      checkAgentMay({ kind: 'user', ...ADA }, needs);
    }
  });

  test('is a session’s id and a list of scopes that are known', () => {
    const sessionId = '01a2045b-8d44-72e6-97c0-cb9917303a81';
    const agent = { kind: 'agent', sessionId, scopes: ['mcp'] };
    expect(parseCaller({ ...agent, tokenId: '5f0c2a9e41b7d863' })).toEqual({ ...agent, tokenId: '5f0c2a9e41b7d863' });
    const own = ['mcp'];
    const parsed = parseCaller({ ...agent, scopes: own });
    own.push('files:write');
    expect(parsed).toEqual(agent);
    const bad: [object, string][] = [
      [{ sessionId: undefined }, 'sessionId'],
      [{ sessionId: 'x' }, 'sessionId'],
      [{ sessionId: [sessionId] }, 'sessionId'],
      [{ scopes: undefined }, 'scopes'],
      [{ scopes: 'mcp' }, 'scopes'],
      [{ scopes: ['everything'] }, 'scopes'],
      [{ scopes: Array(6).fill('mcp') }, 'scopes'],
      [
        {
          scopes: new Proxy([], {
            get: () => {
              throw new Error('mine');
            },
          }),
        },
        'scopes',
      ],
      [{ tokenId: 'x' }, 'tokenId'],
      [{ userId: 'ada' }, 'userId'],
    ];
    for (const [wrong, field] of bad) {
      expect(() => parseCaller({ ...agent, ...wrong })).toThrow(
        expect.objectContaining({
          code: 'VALIDATION',
          details: { errors: [expect.objectContaining({ path: `caller.${field}` })] },
        }),
      );
    }
  });
});

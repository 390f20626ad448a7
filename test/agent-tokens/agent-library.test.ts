import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type * as z from 'zod/mini';
import { operations } from '../../lib/api/operations.ts';
import { routes } from '../../lib/api/routes.ts';
import { AGENT_SCOPES, type Caller } from '../../lib/identity.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

interface Runs {
  run: (input: object, context: object) => Promise<unknown>;
}

describe('what routes admit and what the library does', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await newStack({ TOUCH_INTERVAL_SECONDS: '0' });
  });
  afterAll(() => stack?.close());

  // Beside the check of the route, so that no embedder makes an agent that can do more than one over HTTP.
  test('agree on each operation, on agents with every scope and on those with none', async () => {
    const { id: sessionId } = await stack.manager.createSession('ada', 'acme');
    const INPUT = {
      name: 'echo',
      arguments: {},
      from: 'a',
      to: 'b',
      sessionId,
      path: '',
      content: 'eHg=',
      userId: 'ada',
      orgId: 'acme',
      scope: 'global',
      tokenId: 'x',
      clientId: 'x',
      promptId: 'x',
    };
    const outcome = async (name: string, scopes: (typeof AGENT_SCOPES)[number][]) => {
      const operation = operations[name as keyof typeof operations];
      if (operation.access !== 'caller') return 'open';
      const caller: Caller = { kind: 'agent', sessionId, scopes };
      const context = { manager: stack.manager.as(caller), caller, signal: AbortSignal.timeout(10_000) };
      const known = Object.keys((operation.input as z.ZodMiniObject).def.shape);
      const codeWith = async (fields: object): Promise<string> => {
        const input = Object.fromEntries(
          Object.entries(fields).filter(([field, value]) => known.includes(field) && value !== undefined),
        );
        try {
          await (operation as unknown as Runs).run(input, context);
          return '';
        } catch (thrown) {
          return (thrown as { code: string }).code;
        }
      };
      const code = await codeWith(INPUT);
      // What is of all organisations has no place for one.
      const last = code === 'VALIDATION' ? await codeWith({ ...INPUT, userId: undefined, orgId: undefined }) : code;
      return last === 'FORBIDDEN' ? 'refused' : 'admitted';
    };
    for (const [name, { access }] of Object.entries(operations)) {
      const needs = routes.find(({ operation }) => operation === name)?.agent;
      const expected =
        access === 'anyone'
          ? ['open', 'open', 'open']
          : [
              needs === undefined ? 'refused' : 'admitted',
              needs === 'any' ? 'admitted' : 'refused',
              needs === undefined ? 'refused' : 'admitted',
            ];
      const only = needs === undefined || needs === 'any' ? [] : [needs];
      expect([
        name,
        await outcome(name, [...AGENT_SCOPES]),
        await outcome(name, []),
        await outcome(name, only),
      ]).toEqual([name, ...expected]);
    }
    expect((await stack.manager.getSession(sessionId)).id).toBe(sessionId);
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

describe('options that are none are refused, and no error of the language:', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await newStack();
  });
  afterAll(() => stack.close());

  const none = null as never;
  // @ts-expect-error -- a limit of a user holds in one organisation
  const usageOfUser = (manager: SessionManager) => manager.getUsage({ userId: 'ada' });
  const calls: [string, (manager: SessionManager) => Promise<unknown>][] = [
    ['getUsage', (manager) => manager.getUsage(none)],
    ['getUsage of a text', (manager) => manager.getUsage('ada' as never)],
    ['getUsage of a user without an organisation, whom it left out without a word', usageOfUser],
    ['createSession', (manager) => manager.createSession('ada', 'acme', none)],
    ['listSessions', (manager) => manager.listSessions('ada', none)],
    ['listOrgSessions', (manager) => manager.listOrgSessions('acme', none)],
    ['cleanupInactiveSessions', (manager) => manager.cleanupInactiveSessions(0, none)],
    ['cleanupInactiveSessions after null', (manager) => manager.cleanupInactiveSessions(none)],
    ['reconcile', (manager) => manager.reconciler.run(none)],
    ['reconcile of a text', (manager) => manager.reconciler.run({ repair: 'no' as never })],
    ['reconcile of null', (manager) => manager.reconciler.run({ repair: none })],
    ['reconcile within null', (manager) => manager.reconciler.run({}, none)],
  ];
  test.each(calls)('%s', async (_name, call) => {
    await expect(call(stack.manager)).rejects.toMatchObject({ code: 'VALIDATION' });
  });
});

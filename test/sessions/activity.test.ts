import { describe, expect, test } from '@jest/globals';
import { dueKey } from '../../lib/sessions/due-index.ts';
import { atFirst, inject } from '../faults/dynamodb-faults.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { newStack, TestClock } from '../setup/test-stack.ts';

describe('activity', () => {
  test('of the owner is written at most once an interval; that of admins and operators never', async () => {
    const clock = new TestClock();
    const stack = await newStack({}, clock);
    try {
      const { id } = await stack.manager.createSession('alice', 'acme');
      const owner = stack.manager.as({ kind: 'user', userId: 'alice', orgId: 'acme' });
      const owningAdmin = stack.manager.as({ kind: 'admin', userId: 'alice', orgId: 'acme' });
      const admin = stack.manager.as({ kind: 'admin', userId: 'root', orgId: 'acme' });
      const operator = stack.manager.as({ kind: 'operator' });
      let writes = 0;
      inject(stack.client, { before: (command) => void (command === 'UpdateItemCommand' && writes++) });
      const lastActive = async () => (await operator.getSession(id)).getSessionInfo().lastActiveAt;
      const before = await lastActive();
      clock.advance({ seconds: 61 });
      await admin.getSession(id);
      await admin.session(id).heartbeat();
      await operator.session(id).getSystemPrompt();
      expect(await lastActive()).toBe(before);
      expect(writes).toBe(0);
      for (let call = 1; call <= 5; call++) await owner.session(id).heartbeat();
      expect(await lastActive()).toBe(clock.now().toISOString());
      expect(writes).toBe(1);
      clock.advance({ seconds: 61 });
      await owningAdmin.session(id).getSystemPrompt();
      expect(await lastActive()).toBe(clock.now().toISOString());
      expect(writes).toBe(2);
    } finally {
      await stack.close();
    }
  });

  test('that is written late does not take a later one back, and answers with it', async () => {
    const [early, late] = [new TestClock(), new TestClock()];
    const stack = await newStack({ TOUCH_INTERVAL_SECONDS: '0' }, early);
    const other = anotherInstance(stack, undefined, late.now);
    try {
      const { id } = await stack.manager.createSession('alice', 'acme');
      early.advance({ seconds: 10 });
      late.advance({ seconds: 20 });
      const heartbeat = () => other.manager.session(id).heartbeat();
      inject(stack.client, { before: atFirst(1, 'UpdateItemCommand', heartbeat) });
      const told = (await stack.manager.getSession(id)).getSessionInfo().lastActiveAt;
      const stored = await stack.parts.store.get(id);
      const at = late.now().getTime();
      expect([told, stored?.lastActiveAt]).toEqual([late.now().toISOString(), late.now().toISOString()]);
      expect(stored?.due).toBe(dueKey(at, (stored?.inactivitySeconds ?? 0) * 1000));
    } finally {
      other.close();
      await stack.close();
    }
  });
});

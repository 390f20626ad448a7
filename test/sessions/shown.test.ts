import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SessionManagerV2 } from '../../lib/composition/session-manager-v2.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await newStack();
});
afterAll(() => stack.close());

test('a session is written as JSON as what it is, and printed in a line: it was an object with one field', async () => {
  const metadata = { note: 'a-secret-in-metadata' };
  const session = await stack.manager.createSession('ada', 'acme', { metadata });
  const { id } = session;
  expect(JSON.parse(JSON.stringify({ session }))).toEqual({ session: session.getSessionInfo() });
  expect(inspect(session)).toBe(`Session { id: '${id}', userId: 'ada', orgId: 'acme' }`);
  const handle = stack.manager.session(id);
  expect(JSON.stringify(handle)).toBe(JSON.stringify({ id }));
  expect(inspect([handle, handle.mcpClient('crm')])).toBe(
    `[\n  SessionHandle { id: '${id}' },\n  McpClientHandle { id: 'crm' }\n]`,
  );
});

test('a manager prints nothing of what it is made of', () => {
  const manager = new SessionManagerV2(stack.options);
  expect(inspect(manager)).toBe("SessionManagerV2 { caller: 'application' }");
  expect(inspect(manager.as({ kind: 'user', userId: 'ada', orgId: 'acme' }))).toBe("SessionManager { caller: 'user' }");
  for (const part of [manager, manager.prompts, manager.limits, manager.reconciler]) {
    expect(inspect(part, { depth: 9, showHidden: true }).length).toBeLessThan(60);
  }
});

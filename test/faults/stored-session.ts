import { expect } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';

/** A session of ada with a file in it. To be imported when the file system has been put in place. */
export async function storedSession(): Promise<{ stack: TestStack; id: string; place: string }> {
  const stack = await newStack();
  const session = await stack.manager.createSession('ada', 'acme');
  await stack.manager.session(session.id).files.write('a/notes.txt', Buffer.from('notes'));
  return { stack, id: session.id, place: session.getWorkspacePath() };
}

export async function contended(work: () => Promise<unknown>): Promise<void> {
  await expect(work()).rejects.toMatchObject({ code: 'CONTENTION' });
  await work();
}

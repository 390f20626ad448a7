import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { codeOf } from '../setup/code-of.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await newStack();
});
afterAll(() => stack.close());

test('a condition that is no list of tags is refused in the library as by every other way', async () => {
  const { id } = await stack.manager.createSession('ada', 'acme');
  const { files } = stack.manager.session(id);
  await files.write('a', Buffer.from('0123456789'));
  for (const ifMatch of ['nonsense', '"a" b', '*,*']) {
    expect(await codeOf(files.write('a', Buffer.from('x'), { ifMatch }))).toBe('VALIDATION');
    expect(await codeOf(files.read('a', undefined, { ifMatch }))).toBe('VALIDATION');
    expect(await codeOf(files.delete('a', { ifMatch }))).toBe('VALIDATION');
  }
  expect(await codeOf(files.read('a', { first: 0 }, { ifRange: 'nonsense' }))).toBe('VALIDATION');
  const several = await files.read('a', [{ first: 0, last: 1 }, { first: 4 }]);
  expect(several).toMatchObject({ first: 0, isPart: false, bytes: Buffer.from('0123456789') });
});

import { expect, jest, test } from '@jest/globals';
import { stressSeats } from './seat-stress.ts';

jest.setTimeout(480_000);

test('two instances that create, end and change the limit at once keep every promise', async () => {
  const { violations, creates, conflicts } = await stressSeats(1);
  expect(violations).toEqual([]);
  expect(creates.created).toBeGreaterThan(40);
  expect(creates.refused).toBeGreaterThan(0);
  expect(conflicts).toBeGreaterThan(20);
});

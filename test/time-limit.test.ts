import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { TimeoutError, within } from '../lib/time-limit.ts';

describe('a time limit', () => {
  const never = new Promise<never>(() => undefined);

  test('gives what was done in time, and what went wrong in time', async () => {
    expect(await within(10_000, Promise.resolve('done'))).toBe('done');
    await expect(within(10_000, Promise.reject(new RangeError('too far')))).rejects.toThrow(RangeError);
  });

  test('ends the wait for what does not come', async () => {
    await expect(within(5, never)).rejects.toThrow(TimeoutError);
    await expect(within(5, never, () => new RangeError('too late'))).rejects.toThrow('too late');
  });

  test('lets what fails afterwards fail in silence', async () => {
    const signal = AbortSignal.timeout(50);
    const work = once(new EventEmitter(), 'never', { signal });
    await expect(within(5, work)).rejects.toThrow(TimeoutError);
    // Jest fails a test with a rejection that nobody takes.
    await setTimeout(100);
    expect(signal.aborted).toBe(true);
  });

  test('keeps nobody running', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await within(60_000, Promise.resolve());
    expect(timers()).toBe(before);
  });
});

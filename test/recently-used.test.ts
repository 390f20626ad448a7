import { describe, expect, test } from '@jest/globals';
import { RecentlyUsed } from '../lib/recently-used.ts';

describe('what was used recently', () => {
  const kept = (maxSize: number) => {
    const clock = { ms: 0 };
    return { clock, values: new RecentlyUsed<string>({ maxSize, ttlMs: 1_000, now: () => clock.ms }) };
  };

  test('is kept for its time, and no longer, however often it is used', () => {
    const { clock, values } = kept(2);
    values.set('a', 'first');
    clock.ms = 1_000;
    expect([values.get('a'), values.has('a')]).toEqual(['first', true]);
    clock.ms = 1_001;
    expect([values.has('a'), values.get('a')]).toEqual([false, undefined]);
  });

  test('gives way to what was used later', () => {
    const { values } = kept(2);
    values.set('a', 'first');
    values.set('b', 'second');
    values.get('a');
    values.set('c', 'third');
    expect(['a', 'b', 'c'].filter((key) => values.has(key))).toEqual(['a', 'c']);
  });

  test('counts by its size, and once where it is set again', () => {
    const { values } = kept(10);
    values.set('a', 'first', 4);
    values.set('a', 'changed', 4);
    values.set('b', 'second', 6);
    expect([values.get('a'), values.get('b')]).toEqual(['changed', 'second']);
    values.set('c', 'third', 7);
    expect(['a', 'b', 'c'].filter((key) => values.has(key))).toEqual(['c']);
  });

  test('does not make room for what is larger than all of it, and does not keep what that replaces', () => {
    const { values } = kept(10);
    values.set('a', 'first', 4);
    values.set('b', 'second', 4);
    values.set('b', 'grown', 11);
    expect([values.get('a'), values.get('b')]).toEqual(['first', undefined]);
  });

  test('gives room back when it is deleted or too old', () => {
    const { clock, values } = kept(1);
    values.set('a', 'first');
    values.delete('a');
    values.set('b', 'second');
    clock.ms = 2_000;
    expect(values.get('b')).toBeUndefined();
    values.set('c', 'third');
    expect(values.get('c')).toBe('third');
  });
});

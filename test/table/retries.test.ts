import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { ContentionError } from '../../lib/errors.ts';
import { Contended, isPassing, withRetries } from '../../lib/table/retries.ts';

const unreadable = (): Error => Object.assign(new SyntaxError('{"Half'), { $response: {} });
const lost = (): Error => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });

afterEach(() => void jest.restoreAllMocks());

/** Fails with one after the other; the last one comes when the time for retries is over. */
async function failureAfter(...failures: Error[]): Promise<{ thrown: unknown; attempts: number }> {
  const start = performance.now();
  const now = jest.spyOn(performance, 'now').mockReturnValue(start);
  let attempts = 0;
  const thrown: unknown = await withRetries(async () => {
    const failure = failures[attempts++] as Error;
    if (attempts === failures.length) now.mockReturnValue(start + 10_000);
    throw failure;
  }).catch((failure: unknown) => failure);
  return { thrown, attempts };
}

describe('retries', () => {
  test('go on while what they meet passes, and give what comes then', async () => {
    let attempts = 0;
    const answer = await withRetries(async () => {
      if (++attempts < 4) throw attempts === 2 ? lost() : new Contended();
      return 'answer';
    });
    expect({ answer, attempts }).toEqual({ answer: 'answer', attempts: 4 });
  });

  test('end at once with what does not pass', async () => {
    const surprise = new Error('a surprise');
    expect(await failureAfter(new Contended(), surprise, new Contended())).toEqual({ thrown: surprise, attempts: 2 });
  });

  test('end when their time is over, with the first attempt that had no answer as the cause', async () => {
    const first = lost();
    const { thrown, attempts } = await failureAfter(new Contended(), first, unreadable(), new Contended());
    expect(thrown).toBeInstanceOf(ContentionError);
    expect((thrown as Error).cause).toBe(first);
    expect(attempts).toBe(4);
  });

  test('that only met conflicts have the last one as the cause', async () => {
    const last = new Contended('the last one');
    const { thrown } = await failureAfter(new Contended(), last);
    expect(thrown).toBeInstanceOf(ContentionError);
    expect((thrown as Error).cause).toBe(last);
  });
});

test('a conflict that names no writes met none of them', () => {
  expect([...new Contended('the seats have changed').names]).toEqual([]);
});

describe('what passes', () => {
  const named = (name: string) => Object.assign(new Error(name), { name });

  test.each([
    [true, 'a conflict that we met', new Contended()],
    [true, 'a conflict of a single request', named('TransactionConflictException')],
    [true, 'throttling', named('ThrottlingException')],
    [true, 'a request without an answer', lost()],
    [true, 'an answer that cannot be read', unreadable()],
    [false, 'a request that is wrong', named('ValidationException')],
    [false, 'what is no error', 'ThrottlingException'],
    [false, 'what only looks like one', { name: 'ThrottlingException' }],
  ])('%s: %s', (passes, _name, thrown) => {
    expect(isPassing(thrown)).toBe(passes);
  });
});

import { describe, expect, jest, test } from '@jest/globals';
import { limitsOf } from '../../lib/api/client/call-limits.ts';
import { pauseBefore } from '../../lib/api/client/repetition.ts';
import {
  ContentionError,
  NoAnswerError,
  SessionManagerClient,
  SessionManagerHttpClient,
} from '../../lib/api/client/session-manager-client.ts';
import { answeringServer, FUNCTIONS, ID, TOOL, type Answer } from './answering-server.ts';

const CONTENTION = { code: 'CONTENTION', title: 'Busy', status: 503, detail: 'busy', requestId: 'r' };
describe('the typed clients', () => {
  const { server, overHttp } = answeringServer();

  describe('take a signal and a time for each call', () => {
    const waiting = () => {
      server.answers = [undefined];
      const never = new SessionManagerClient(FUNCTIONS, () => new Promise<string>(() => undefined));
      return [overHttp(), never];
    };

    test('a signal ends it, with its reason', async () => {
      for (const client of waiting()) {
        const stop = new AbortController();
        const call = client.getSession({ sessionId: ID }, { signal: stop.signal });
        setTimeout(() => stop.abort(new RangeError('enough')), 20);
        await expect(call).rejects.toThrow(new RangeError('enough'));
        await expect(client.getHealth({}, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
      }
    });

    test('its time ends it, and nothing is sent again', async () => {
      for (const client of waiting()) {
        const call = client.getSession({ sessionId: ID }, { timeoutMs: 40 });
        await expect(call).rejects.toThrow(NoAnswerError);
        await expect(call).rejects.toThrow('did not answer in time');
      }
      expect(server.asked).toHaveLength(1);
    });

    test('transfers and lists take them too', async () => {
      for (const client of waiting()) {
        const file = { sessionId: ID, path: 'f' };
        const limits = { timeoutMs: 30 };
        await expect(client.upload({ ...file, content: new Uint8Array(1) }, limits)).rejects.toThrow(NoAnswerError);
        await expect(client.download(file, limits).next()).rejects.toThrow(NoAnswerError);
        await expect(client.sessions({}, limits).next()).rejects.toThrow(NoAnswerError);
      }
    });

    test('a signal ends the pause before the next attempt too, that of the client as well as that of a call', async () => {
      server.answers = [{ status: 503, headers: { 'retry-after': '9' }, body: CONTENTION }];
      const reason = new RangeError('enough');
      const ofClient = (signal: AbortSignal) => new SessionManagerHttpClient({ url: server.url, signal });
      const file = { sessionId: ID, path: 'f' };
      const waiting: ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => overHttp().getSession({ sessionId: ID }, { signal }),
        (signal) => ofClient(signal).getSession({ sessionId: ID }),
        (signal) => overHttp().upload({ ...file, content: new Uint8Array(1) }, { signal }),
        (signal) => ofClient(signal).download(file).next(),
      ];
      const startedAt = performance.now();
      const ended = waiting.map(async (call) => {
        const stop = new AbortController();
        setTimeout(() => stop.abort(reason), 200);
        await expect(call(stop.signal)).rejects.toBe(reason);
      });
      await Promise.all(ended);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      expect(server.asked).toHaveLength(waiting.length);
    });

    const wrong: [string, unknown][] = [
      ['null', null],
      ['an unknown field', { retries: 3 }],
      ['no signal', { signal: {} }],
      ['a time that is none', { timeoutMs: 'soon' }],
      ['no time at all', { timeoutMs: 0 }],
      ['more than timers take', { timeoutMs: 2 ** 40 }],
    ];
    test.each(wrong)('and refuse options that are none: %s', async (_what, options) => {
      for (const client of waiting()) {
        await expect(client.getHealth({}, options as never)).rejects.toMatchObject({ code: 'VALIDATION' });
      }
      expect(server.asked).toEqual([]);
    });
  });

  describe('send again what a busy server asks to be sent again', () => {
    const busy = (seconds: string): Answer => ({ status: 503, headers: { 'retry-after': seconds }, body: CONTENTION });
    const throttled: Answer = { status: 429, body: { message: 'Too Many Requests' } };

    test('after the time that it says: nothing was sent again', async () => {
      server.answers = [busy('1'), { body: { id: ID } }];
      const startedAt = performance.now();
      expect(await overHttp().getSession({ sessionId: ID })).toEqual({ id: ID });
      expect([server.asked.length, performance.now() - startedAt >= 1_000]).toEqual([2, true]);
    });

    test('not if that is longer than the call may take, or than anybody waits', async () => {
      server.answers = [busy('5')];
      const call = overHttp().getSession({ sessionId: ID }, { timeoutMs: 3_000 });
      await expect(call).rejects.toMatchObject({ code: 'CONTENTION', details: { retryAfterSeconds: 5 } });
      server.answers = [busy('3600')];
      await expect(overHttp().getSession({ sessionId: ID })).rejects.toThrow(ContentionError);
      expect(server.asked).toHaveLength(2);
    });

    test('never a tool call, which may have been executed', async () => {
      server.answers = [busy('0')];
      await expect(overHttp().callMcpTool(TOOL)).rejects.toThrow(ContentionError);
      expect(server.asked).toHaveLength(1);
    });

    test('a tool call that the gateway throttled: it was not carried out', async () => {
      server.answers = [throttled, throttled, { body: { content: [] } }];
      expect(await overHttp().callMcpTool(TOOL)).toEqual({ content: [] });
      expect(server.asked).toHaveLength(3);
    });

    test('three times at most, of a function too', async () => {
      server.answers = [busy('0')];
      await expect(overHttp().getSession({ sessionId: ID })).rejects.toThrow(ContentionError);
      expect(server.asked).toHaveLength(3);
      const invoke = jest.fn(async () => JSON.stringify({ ok: false, error: { code: 'CONTENTION', message: 'busy' } }));
      const client = new SessionManagerClient(FUNCTIONS, invoke);
      await expect(client.getSession({ sessionId: ID })).rejects.toThrow(ContentionError);
      await expect(client.callMcpTool(TOOL)).rejects.toThrow(ContentionError);
      expect(invoke).toHaveBeenCalledTimes(3 + 1);
    });

    test('a pause is never shorter than it is told, and by chance', () => {
      const contention = new ContentionError();
      Object.assign(contention, { details: { retryAfterSeconds: 2 } });
      const pauses = Array.from({ length: 50 }, () => pauseBefore(0, contention, limitsOf(undefined)) ?? 0);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(2_000);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(3_000);
      expect(new Set(pauses).size).toBeGreaterThan(10);
    });
  });
});

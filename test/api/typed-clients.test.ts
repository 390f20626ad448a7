import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { functionVariable } from '../../lib/api/client-environment.ts';
import { limitsOf } from '../../lib/api/client/call-limits.ts';
import { pauseBefore } from '../../lib/api/client/repetition.ts';
import {
  asCaller,
  ContentionError,
  isKnownError,
  NoAnswerError,
  SessionManagerClient,
  SessionManagerError,
  SessionManagerHttpClient,
  withToken,
} from '../../lib/api/client/session-manager-client.ts';
import { API_FUNCTIONS } from '../../lib/operations/operation.ts';

const env = Object.fromEntries(API_FUNCTIONS.map((group) => [functionVariable(group), group]));
const ID = '01a2045b-8d44-72e6-97c0-cb9917303a81';
const CONTENTION = { code: 'CONTENTION', title: 'Busy', status: 503, detail: 'busy', requestId: 'r' };
const TOOL = { sessionId: ID, clientId: 'tools', name: 'echo' };

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

describe('the typed clients', () => {
  let server: Server;
  let url: string;
  /** Of each request in order; the last one is that of all others. `undefined`: none at all. */
  let answers: (Answer | undefined)[];
  let asked: string[];
  beforeAll(async () => {
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      asked.push(`${request.method} ${request.url}`);
      request.resume();
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer) return;
      const { status = 200, headers = {}, body = {} } = answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
    server = createServer(handle);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    [answers, asked] = [[{}], []];
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  const overHttp = () => new SessionManagerHttpClient({ url });
  const direct = (answer: unknown = { ok: true, output: null }) => {
    return new SessionManagerClient(env, async () => JSON.stringify(answer));
  };

  describe('throw a typed error for what this version does not know', () => {
    const unknown = { code: 'SOMETHING_NEW', title: 'New', status: 409, detail: 'It is new.', requestId: 'r' };

    test('a code that is new, over HTTP: it was no error of ours', async () => {
      answers = [{ status: 409, body: { ...unknown, more: 7 } }];
      const thrown = await overHttp()
        .getSession({ sessionId: ID })
        .catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(SessionManagerError);
      expect(thrown).toMatchObject({ code: 'SOMETHING_NEW', details: { more: 7, status: 409, requestId: 'r' } });
      expect([isKnownError(thrown), (thrown as Error).message]).toEqual([false, expect.stringContaining('It is new.')]);
    });

    test('a code that is new, of a function', async () => {
      const error = { code: 'SOMETHING_NEW', message: 'It is new.', details: { more: 7 } };
      const asking = direct({ ok: false, error }).getHealth({});
      await expect(asking).rejects.toBeInstanceOf(SessionManagerError);
      await expect(asking).rejects.toMatchObject({ code: 'SOMETHING_NEW', details: { more: 7 } });
    });

    test('null in the place of an answer: over HTTP it was taken for a session', async () => {
      for (const asking of [direct(null).getHealth({}), nullOverHttp()]) {
        await expect(asking).rejects.toBeInstanceOf(SessionManagerError);
        await expect(asking).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER' });
      }
    });
    const nullOverHttp = () => {
      answers = [{ body: null }];
      return overHttp().getSession({ sessionId: ID });
    };

    test.each([
      [401, 'UnauthorizedError', {}],
      [400, 'ValidationError', { errors: [{ path: '', message: 'no' }] }],
      [413, 'FileTooLargeError', {}],
    ])('what the gateway refuses by itself with %d is an error of its class, %s', async (status, name, details) => {
      answers = [{ status, body: { message: 'no' } }];
      const thrown = await overHttp()
        .callMcpTool(TOOL)
        .catch((error: unknown) => error as Error);
      expect(thrown).toMatchObject({ name, details: { ...details, gatewayStatus: status } });
      expect((thrown as Error).constructor.name).toBe(name);
    });
  });

  test('a field that HTTP has no place for is refused when it is compiled, and when it runs', async () => {
    const client = overHttp();
    // @ts-expect-error -- over HTTP the caller is who the headers say
    await expect(client.createSession({ userId: 'ada', orgId: 'acme' })).rejects.toMatchObject({ code: 'VALIDATION' });
    // @ts-expect-error -- limits are for a scope
    await expect(client.putLimit({ limit: 3 })).rejects.toMatchObject({ code: 'VALIDATION' });
    // @ts-expect-error -- there is no route for it
    expect(client.countUserSessions).toBeUndefined();
    expect(asked).toEqual([]);
    await client.createSession({ metadata: { a: '1' }, idempotencyKey: 'k' });
    await client.listSessions({ userId: 'ada', limit: 5 });
    expect(asked).toEqual(['POST /sessions', 'GET /sessions?userId=ada&limit=5']);
  });

  describe('take a signal and a time for each call', () => {
    const waiting = () => {
      answers = [undefined];
      const never = new SessionManagerClient(env, () => new Promise<string>(() => undefined));
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
      expect(asked).toHaveLength(1);
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
      expect(asked).toEqual([]);
    });
  });

  describe('send again what a busy server asks to be sent again', () => {
    const busy = (seconds: string): Answer => ({ status: 503, headers: { 'retry-after': seconds }, body: CONTENTION });
    const throttled: Answer = { status: 429, body: { message: 'Too Many Requests' } };

    test('after the time that it says: nothing was sent again', async () => {
      answers = [busy('1'), { body: { id: ID } }];
      const startedAt = performance.now();
      expect(await overHttp().getSession({ sessionId: ID })).toEqual({ id: ID });
      expect([asked.length, performance.now() - startedAt >= 1_000]).toEqual([2, true]);
    });

    test('not if that is longer than the call may take, or than anybody waits', async () => {
      answers = [busy('5')];
      const call = overHttp().getSession({ sessionId: ID }, { timeoutMs: 3_000 });
      await expect(call).rejects.toMatchObject({ code: 'CONTENTION', details: { retryAfterSeconds: 5 } });
      answers = [busy('3600')];
      await expect(overHttp().getSession({ sessionId: ID })).rejects.toThrow(ContentionError);
      expect(asked).toHaveLength(2);
    });

    test('never a tool call, which may have been executed', async () => {
      answers = [busy('0')];
      await expect(overHttp().callMcpTool(TOOL)).rejects.toThrow(ContentionError);
      expect(asked).toHaveLength(1);
    });

    test('a tool call that the gateway throttled: it was not carried out', async () => {
      answers = [throttled, throttled, { body: { content: [] } }];
      expect(await overHttp().callMcpTool(TOOL)).toEqual({ content: [] });
      expect(asked).toHaveLength(3);
    });

    test('three times at most, of a function too', async () => {
      answers = [busy('0')];
      await expect(overHttp().getSession({ sessionId: ID })).rejects.toThrow(ContentionError);
      expect(asked).toHaveLength(3);
      const invoke = jest.fn(async () => JSON.stringify({ ok: false, error: { code: 'CONTENTION', message: 'busy' } }));
      const client = new SessionManagerClient(env, invoke);
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

  describe('go through all sessions', () => {
    const page = (ids: string[], nextCursor?: string) => ({ sessions: ids.map((id) => ({ id })), nextCursor });

    test('page by page', async () => {
      answers = [{ body: page(['a', 'b'], 'c1') }, { body: page([], 'c2') }, { body: page(['c']) }];
      const found = [];
      for await (const session of overHttp().sessions({ limit: 2 })) found.push(session.id);
      expect(found).toEqual(['a', 'b', 'c']);
      expect(asked).toEqual(['', '&cursor=c1', '&cursor=c2'].map((more) => `GET /sessions?limit=2${more}`));
    });

    test('of a function, without an input; a cursor that does not move on ends it', async () => {
      const found = [];
      for await (const { id } of direct({ ok: true, output: page(['a']) }).sessions()) found.push(id);
      expect(found).toEqual(['a']);
      const all = async () => {
        const sessions = direct({ ok: true, output: page([], 'c') }).sessions();
        for await (const { id } of sessions) expect(id).toBeUndefined();
      };
      await expect(all()).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER' });
    });
  });

  describe('can be replaced in tests', () => {
    test('a method of one client, and of all that there are', async () => {
      for (const client of [overHttp(), direct()]) {
        jest.spyOn(client, 'getHealth').mockResolvedValue({ status: 'mocked' });
        expect(await client.getHealth({})).toEqual({ status: 'mocked' });
      }
      const [one, other] = [overHttp(), direct()];
      jest.spyOn(SessionManagerHttpClient.prototype, 'getHealth').mockResolvedValue({ status: 'all' });
      jest.spyOn(SessionManagerClient.prototype, 'getHealth').mockResolvedValue({ status: 'all' });
      for (const client of [one, other]) expect(await client.getHealth({})).toEqual({ status: 'all' });
    });

    test('by a subclass', async () => {
      class Own extends SessionManagerHttpClient {
        override getHealth = async () => ({ status: 'own' }) as never;
      }
      expect(await new Own({ url }).getHealth()).toEqual({ status: 'own' });
    });

    test('a method can be handed on without its client', async () => {
      const { getHealth } = direct({ ok: true, output: { status: 'ok' } });
      expect(await getHealth({})).toEqual({ status: 'ok' });
    });
  });

  test('neither prints nor writes as JSON what it calls with', () => {
    const authorize = [withToken('secret-token'), asCaller({ userId: 'ada', orgId: 'acme' })];
    const client = new SessionManagerHttpClient({ url, authorize });
    const acting = new SessionManagerClient({ ...env, KEY: 'secret-token' }).as({ userId: 'ada', orgId: 'acme' });
    for (const one of [client, acting]) {
      const shown = inspect(one, { depth: 9, showHidden: true }) + JSON.stringify(one);
      expect(shown).not.toMatch(/secret-token|127\.0\.0\.1|acme/);
      expect(inspect(one)).toBe(`${one === client ? 'SessionManagerHttpClient' : 'SessionManagerClient'} {}`);
    }
  });
});

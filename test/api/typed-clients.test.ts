import { inspect } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import {
  asCaller,
  isKnownError,
  SessionManagerClient,
  SessionManagerError,
  SessionManagerHttpClient,
  withToken,
} from '../../lib/api/client/session-manager-client.ts';
import { answeringServer, FUNCTIONS, ID, TOOL } from './answering-server.ts';

describe('the typed clients', () => {
  const { server, overHttp } = answeringServer();
  const direct = (answer: unknown = { ok: true, output: null }) => {
    return new SessionManagerClient(FUNCTIONS, async () => JSON.stringify(answer));
  };

  describe('throw a typed error for what this version does not know', () => {
    const unknown = { code: 'SOMETHING_NEW', title: 'New', status: 409, detail: 'It is new.', requestId: 'r' };

    test('a code that is new, over HTTP: it was no error of ours', async () => {
      server.answers = [{ status: 409, body: { ...unknown, more: 7 } }];
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
      server.answers = [{ body: null }];
      return overHttp().getSession({ sessionId: ID });
    };

    test.each([
      [401, 'UnauthorizedError', {}],
      [400, 'ValidationError', { errors: [{ path: '', message: 'no' }] }],
      [413, 'FileTooLargeError', {}],
    ])('what the gateway refuses by itself with %d is an error of its class, %s', async (status, name, details) => {
      server.answers = [{ status, body: { message: 'no' } }];
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
    expect(server.asked).toEqual([]);
    await client.createSession({ metadata: { a: '1' }, idempotencyKey: 'k' });
    await client.listSessions({ userId: 'ada', limit: 5 });
    expect(server.asked).toEqual(['POST /sessions', 'GET /sessions?userId=ada&limit=5']);
  });

  describe('go through all sessions', () => {
    const page = (ids: string[], nextCursor?: string) => ({ sessions: ids.map((id) => ({ id })), nextCursor });

    test('page by page', async () => {
      server.answers = [{ body: page(['a', 'b'], 'c1') }, { body: page([], 'c2') }, { body: page(['c']) }];
      const found = [];
      for await (const session of overHttp().sessions({ limit: 2 })) found.push(session.id);
      expect(found).toEqual(['a', 'b', 'c']);
      expect(server.asked).toEqual(['', '&cursor=c1', '&cursor=c2'].map((more) => `GET /sessions?limit=2${more}`));
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
      expect(await new Own({ url: server.url }).getHealth()).toEqual({ status: 'own' });
    });

    test('a method can be handed on without its client', async () => {
      const { getHealth } = direct({ ok: true, output: { status: 'ok' } });
      expect(await getHealth({})).toEqual({ status: 'ok' });
    });
  });

  test('neither prints nor writes as JSON what it calls with', () => {
    const authorize = [withToken('secret-token'), asCaller({ userId: 'ada', orgId: 'acme' })];
    const client = new SessionManagerHttpClient({ url: server.url, authorize });
    const acting = new SessionManagerClient({ ...FUNCTIONS, KEY: 'secret-token' }).as({ userId: 'ada', orgId: 'acme' });
    for (const one of [client, acting]) {
      const shown = inspect(one, { depth: 9, showHidden: true }) + JSON.stringify(one);
      expect(shown).not.toMatch(/secret-token|127\.0\.0\.1|acme/);
      expect(inspect(one)).toBe(`${one === client ? 'SessionManagerHttpClient' : 'SessionManagerClient'} {}`);
    }
  });
});

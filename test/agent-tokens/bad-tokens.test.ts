import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { newToken } from '../../lib/agent-tokens/agent-token.ts';
import { routeKey, servedRoutes } from '../../lib/api/routes.ts';
import { parsed } from '../api/lambda-events.ts';
import { inject } from '../faults/dynamodb-faults.ts';
import { agentStage, OPERATOR, REFUSED } from './agent-stage.ts';

describe('the routes of agents', () => {
  const stage = agentStage();

  /** What is no valid token, by what is wrong with it. */
  const BAD: Record<string, () => string | undefined> = {
    'there is none': () => undefined,
    'the header is empty': () => '',
    'the scheme stands alone': () => 'Bearer',
    'the scheme is followed by a space': () => 'Bearer ',
    'there is no scheme': () => stage.created.token,
    'the scheme is Basic': () => `Basic ${Buffer.from(`${stage.created.token}:`).toString('base64')}`,
    'the scheme is another': () => `Token ${stage.created.token}`,
    'the scheme is followed by a tab': () => `Bearer\t${stage.created.token}`,
    'a space comes first': () => ` Bearer ${stage.created.token}`,
    'a space comes after it': () => `Bearer ${stage.created.token} `,
    'something comes after it': () => `Bearer ${stage.created.token} x`,
    'a comma comes after it': () => `Bearer ${stage.created.token},`,
    'it is said in two headers': () => `Bearer ${stage.created.token},Bearer ${stage.created.token}`,
    'it is quoted': () => `Bearer "${stage.created.token}"`,
    'it is encoded': () => `Bearer ${encodeURIComponent(stage.created.token).replaceAll('_', '%5F')}`,
    'it is cut off': () => `Bearer ${stage.created.token.slice(0, -1)}`,
    'it is longer': () => `Bearer ${stage.created.token}A`,
    'its prefix is in capitals': () => `Bearer ${stage.created.token.replace('asm_', 'ASM_')}`,
    'its letters are in capitals': () => `Bearer asm_${stage.created.token.slice(4).toUpperCase()}`,
    'its last letter is another one': () =>
      `Bearer ${stage.created.token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}`,
    'it is a JWT': () => 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmVk',
    'it is one of the session that was never made': () => `Bearer ${newToken(stage.session.id).token}`,
    'it is one of no session': () => `Bearer ${newToken('01a2045b-8d44-72e6-97c0-cb9917303a81').token}`,
  };
  const READS: Record<string, number> = {
    'it is one of the session that was never made': 2,
    'it is one of no session': 1,
  };

  test.each(Object.keys(BAD))('refuse a token where %s', async (wrong) => {
    let asked = 0;
    const restore = inject(stage.stack.client, { before: () => void asked++ });
    const answer = await stage.ask('GET /agent/session', BAD[wrong]?.(), {
      headers: OPERATOR,
      claims: { sub: 'ada', org: 'acme', groups: '[operator]' },
      pathParameters: { sessionId: stage.session.id },
      queryStringParameters: { access_token: stage.created.token, token: stage.created.token },
    });
    restore();
    expect(answer).toMatchObject(REFUSED);
    expect(parsed(answer)).toMatchObject({ code: 'UNAUTHORIZED', detail: 'The request has no valid session token.' });
    expect(asked).toBe(READS[wrong] ?? 0);
    expect(stage.stack.audited).toMatchObject([{ event: 'session.read-refused', actor: { kind: 'unknown' } }]);
    expect(JSON.stringify([answer, stage.stack.audited])).not.toContain(stage.created.token.slice(4, 40));
  });

  test('refuse the hash that is stored, and a token whose secret is another', async () => {
    const { hash } = newToken(stage.session.id);
    for (const text of [hash, `asm_${hash}`])
      expect(await stage.ask('GET /agent/session', `Bearer ${text}`)).toMatchObject(REFUSED);
    // Both are of the same session, and one takes the other's id.
    const bytes = Buffer.from(newToken(stage.session.id).token.slice(4), 'base64url');
    Buffer.from(stage.created.id, 'hex').copy(bytes, 16);
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 56)), 56);
    expect(await stage.ask('GET /agent/session', `Bearer asm_${bytes.toString('base64url')}`)).toMatchObject(REFUSED);
    expect((await stage.asAgent('GET /agent/session')).statusCode).toBe(200);
  });

  test.each(['bearer', 'BEARER', 'Bearer  '])('take the scheme as %j, which is not case-sensitive', async (scheme) => {
    expect((await stage.ask('GET /agent/session', `${scheme} ${stage.created.token}`)).statusCode).toBe(200);
  });

  test('refuse a token that is revoked, has expired or whose session has ended, on each of them', async () => {
    const all = async (authorization: string) => {
      for (const route of servedRoutes.filter(({ from }) => from === 'agent')) {
        expect([routeKey(route), await stage.ask(routeKey(route), authorization)]).toMatchObject([
          routeKey(route),
          REFUSED,
        ]);
      }
    };
    const [revoked, short] = [
      await stage.session.tokens.create(),
      await stage.session.tokens.create({ expiresInSeconds: 60 }),
    ];
    await stage.session.tokens.delete(revoked.id);
    await all(`Bearer ${revoked.token}`);
    stage.clock.advance({ seconds: 60 });
    await all(`Bearer ${short.token}`);
    expect((await stage.asAgent('GET /agent/session')).statusCode).toBe(200);
    await stage.stack.manager.cleanupSession(stage.session.id);
    await all(`Bearer ${stage.created.token}`);
  });

  test('answer 401 also where the session ends after its token was checked', async () => {
    for (const key of ['GET /agent/session', 'GET /agent/files', 'POST /agent/heartbeat']) {
      const ending = await stage.stack.manager.createSession('ada', 'acme');
      const { token } = await ending.tokens.create();
      let reads = 0;
      const restore = inject(stage.stack.client, {
        before: async (command) => {
          // The session and its tokens are read, and then the session for the operation.
          if (command !== 'GetItemCommand' || ++reads !== 3) return;
          await stage.stack.parts.store.claimEnd(ending.id, 'requested');
        },
      });
      const answer = await stage.ask(key, `Bearer ${token}`);
      restore();
      expect([key, answer]).toMatchObject([key, REFUSED]);
      await stage.stack.manager.cleanupSession(ending.id);
    }
  });
});

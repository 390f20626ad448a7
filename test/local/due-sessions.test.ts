import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sessionKey } from '../../lib/table/keys.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { ask, startServer, type LocalServer, type SessionInfo } from './local-server.ts';

let stack: TestStack;
let server: LocalServer;
beforeAll(async () => {
  stack = await newStack({ MAX_SESSIONS_PER_USER: '1', INACTIVITY_SECONDS: '3600' });
  server = await startServer(stack.env);
});
afterAll(async () => {
  await server.stop();
  await stack.close();
});

/** Its last activity was two hours ago. */
async function expire(sessionId: string): Promise<void> {
  const { pk, sk } = sessionKey(sessionId);
  await stack.client.send(
    new UpdateItemCommand({
      TableName: stack.config.tableName,
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: 'SET lastActiveAt = :then',
      ExpressionAttributeValues: { ':then': { S: new Date(Date.now() - 7_200_000).toISOString() } },
    }),
  );
}

test('over HTTP a full limit says when to come again, and a session that is due is in nobody’s way', async () => {
  const first = (await ask(server, 'POST', '/sessions', { body: {} })).body as SessionInfo;
  const refused = await fetch(`${server.url}/sessions`, {
    method: 'POST',
    headers: { 'x-user-id': 'ada', 'x-org-id': 'workshop', 'content-type': 'application/json' },
    body: '{}',
  });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
  expect(await refused.json()).toMatchObject({ code: 'MAX_SESSIONS_REACHED', scope: 'user', active: 1, due: 0 });

  await expire(first.id);
  const { body } = await ask(server, 'GET', '/sessions');
  expect(body).toMatchObject({ sessions: [{ id: first.id, status: 'active', due: true }] });

  // The server has read this user's sessions a moment ago, and reads them again after 5 s.
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  const second = await ask(server, 'POST', '/sessions', { body: {} });
  expect(second.status).toBe(201);
  expect((await ask(server, 'GET', `/sessions/${first.id}`)).status).toBe(404);
}, 60_000);

import {
  asCaller,
  SessionManagerAgentClient,
  SessionManagerClient,
  SessionManagerHttpClient,
} from 'agent-session-manager/client';

const { API_URL: url = '' } = process.env;
const client = new SessionManagerHttpClient({ url, authorize: [asCaller({ userId: 'grace', orgId: 'acme' })] });
const { id: sessionId } = await client.createSession({ metadata: { task: 'report' } }, { timeoutMs: 20_000 });
const { existed } = await client.makeDirectory({ sessionId, path: 'notes' });
const again = await client.makeDirectory({ sessionId, path: 'notes' });
const found: string[] = [];
for await (const { id } of client.sessions({ limit: 1 })) found.push(id);
const { token } = await client.createToken({ sessionId, scopes: ['files:read'] });
const agent = new SessionManagerAgentClient({ url, token });
const seen = (await agent.listDirectory()).entries.map(({ name }) => name);
await client.cleanupSession({ sessionId }, { signal: AbortSignal.timeout(20_000) });
process.stdout.write(JSON.stringify({ existed, again: again.existed, found: found.includes(sessionId), seen }));

// What must not compile. Nothing of it runs.
export async function never(direct: SessionManagerClient): Promise<void> {
  // @ts-expect-error -- over HTTP the caller is who the headers say
  await client.createSession({ userId: 'ada', orgId: 'acme' });
  await direct.createSession({ userId: 'ada', orgId: 'acme' });
  // @ts-expect-error -- the route has no such field
  await client.getSession({ sessionId, orgId: 'acme' });
  // @ts-expect-error -- an operation without a route
  await client.countAllSessions({});
  await direct.countAllSessions({});
  // @ts-expect-error -- a call has a signal and a time, and no other options
  await client.getHealth({}, { retries: 5 });
  // @ts-expect-error -- the token names the session
  await agent.listDirectory({ sessionId });
  // @ts-expect-error -- an agent ends no session
  await agent.cleanupSession({});
  await client.moveFile({ sessionId, encodedFrom: '%ff', to: 'f', overwrite: true });
  // @ts-expect-error -- a move has two ends
  await client.moveFile({ sessionId, path: 'f' });
  const written = await direct.writeFile({ sessionId, path: 'f', content: '' });
  // @ts-expect-error -- a part of a file is in no place yet
  void written.existed.valueOf();
  if (written.etag !== undefined) void written.existed.valueOf();
  // @ts-expect-error -- a client that acts for somebody is made by `as`
  void new SessionManagerClient(process.env, undefined, { userId: 'ada', orgId: 'acme' });
}

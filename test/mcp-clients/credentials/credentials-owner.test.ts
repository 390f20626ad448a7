import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { McpClientConfig } from '../../../lib/mcp-clients/mcp-client-config.ts';
import type { SealedCredentials } from '../../../lib/mcp-clients/mcp-client-store.ts';
import { mcpClientKey } from '../../../lib/table/keys.ts';
import { closingAfterEach } from '../../setup/closing.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { anotherInstance } from '../instance.ts';
import { authorizationServer, protectedServer } from './oauth-servers.ts';
import { recordingServer, type RecordingServer } from '../recording-server.ts';
import { documentClient } from '../../setup/document-client.ts';

interface Owner {
  name: string;
  userId: string;
  orgId: string;
  clientId: string;
}

/** Users, organisations and clients of one session, which must not meet. */
const OWNERS: Owner[] = [
  { name: 'alice', userId: 'alice', orgId: 'acme', clientId: 'tools' },
  { name: 'bob', userId: 'bob', orgId: 'acme', clientId: 'tools' },
  { name: 'alice-elsewhere', userId: 'alice', orgId: 'globex', clientId: 'tools' },
  { name: 'alice-second', userId: 'alice', orgId: 'acme', clientId: 'more-tools' },
];
const CALLS = 6;

describe('one instance and one endpoint for several owners', () => {
  let stack: TestStack;
  const closing = closingAfterEach();
  beforeEach(async () => {
    stack = closing(await newStack());
  });

  /** A client for each owner, with the credentials of that owner; two of them in one session. */
  async function clientsOf(endpoint: string, credentials: (owner: Owner) => Pick<McpClientConfig, 'auth' | 'headers'>) {
    const sessions = new Map<string, string>();
    const clients = [];
    for (const owner of OWNERS) {
      const { userId, orgId, clientId } = owner;
      const caller = stack.manager.as({ kind: 'user', userId, orgId });
      const whose = `${userId} of ${orgId}`;
      const sessionId = sessions.get(whose) ?? (await caller.createSession(userId, orgId)).id;
      sessions.set(whose, sessionId);
      await caller.session(sessionId).addMcpClient({ id: clientId, type: 'http', endpoint, ...credentials(owner) });
      clients.push({ owner, client: caller.session(sessionId).mcpClient(clientId) });
    }
    return clients;
  }

  type Clients = Awaited<ReturnType<typeof clientsOf>>;

  async function callAll(clients: Clients) {
    for (const { owner, client } of clients) await client.callTool('echo', { as: owner.name });
    const calls = Array.from({ length: CALLS }, () => clients).flat();
    const answers = await Promise.all(calls.map(({ owner, client }) => client.callTool('echo', { as: owner.name })));
    answers.forEach((answer, index) =>
      expect(JSON.stringify(answer)).toContain(`\\"as\\":\\"${calls[index]?.owner.name}\\"`),
    );
  }

  /** Whose call came with whose credentials, as the server saw it. */
  const seen = (server: RecordingServer, credentialOf: (headers: Record<string, unknown>) => string) =>
    server.requests.flatMap(({ rpc, headers }) =>
      rpc?.method === 'tools/call'
        ? [{ as: (rpc.params?.arguments as { as: string }).as, with: credentialOf(headers) }]
        : [],
    );

  const expectOwn = (calls: { as: string; with: string }[]) => {
    expect(calls.length).toBe(OWNERS.length * (CALLS + 1));
    expect(calls.filter((call) => call.as !== call.with)).toEqual([]);
  };

  test('never mixes tokens and headers, each in a session of its own on the server', async () => {
    const server = closing(await recordingServer());
    const clients = await clientsOf(server.url, ({ name }) =>
      name === 'bob' ? { headers: { authorization: `Bearer ${name}` } } : { auth: { type: 'bearer', token: name } },
    );
    await callAll(clients);
    const calls = seen(server, ({ authorization }) => String(authorization).replace('Bearer ', ''));
    expectOwn(calls);
    const sessionsBy = new Map<string, Set<unknown>>();
    for (const { rpc, headers } of server.requests) {
      if (rpc?.method !== 'tools/call') continue;
      const known = sessionsBy.get(String(headers.authorization)) ?? new Set();
      sessionsBy.set(String(headers.authorization), known.add(headers['mcp-session-id']));
    }
    expect([...sessionsBy.values()].map(({ size }) => size)).toEqual(Array(OWNERS.length).fill(1));
    expect(server.openSessions()).toHaveLength(OWNERS.length);
  });

  test('never mixes them while some change theirs and the server forgets its sessions', async () => {
    const server = closing(await recordingServer());
    const clients = await clientsOf(server.url, ({ name }) => ({ auth: { type: 'bearer', token: name } }));
    const changes = clients.map(({ owner, client }) =>
      client.updateAuth({ headers: { authorization: `Bearer ${owner.name}` } }),
    );
    server.forgetSessions();
    await Promise.all([callAll(clients), ...changes]);
    const calls = seen(server, ({ authorization }) => String(authorization).replace('Bearer ', ''));
    expect(calls.length).toBeGreaterThanOrEqual(OWNERS.length * (CALLS + 1));
    expect(calls.filter((call) => call.as !== call.with)).toEqual([]);
  });

  test('never mixes OAuth tokens, with one authorization server for all', async () => {
    const secretOf = ({ name }: Owner) => ({ clientId: name, clientSecret: `secret-of-${name}` });
    const authorization = closing(await authorizationServer(OWNERS.map(secretOf)));
    const server = closing(await protectedServer(authorization));
    const clients = await clientsOf(server.url, (owner) => ({
      auth: { type: 'oauth-client-credentials', ...secretOf(owner), issuer: authorization.issuer },
    }));
    const callers = new Map<string, string>();
    const recordCallers = () => authorization.issued.forEach((token) => callers.set(token, tokenOwner(token)));
    const tokenOwner = (token: string) => authorization.clientOf(token) ?? callers.get(token) ?? '';
    await callAll(clients);
    expect(authorization.issued).toHaveLength(OWNERS.length);
    recordCallers();
    expectOwn(seen(server, ({ authorization: header }) => callers.get(String(header).replace('Bearer ', '')) ?? ''));
  });

  describe('where somebody writes the table', () => {
    const table = () => documentClient(stack.client);
    const itemOf = async (sessionId: string, clientId: string) => {
      const Key = mcpClientKey(sessionId, clientId);
      const { Item } = await table().send(new GetCommand({ TableName: stack.config.tableName, Key }));
      return Item as Record<string, unknown> & { credentials: SealedCredentials };
    };
    const put = (Item: object) => table().send(new PutCommand({ TableName: stack.config.tableName, Item }));

    test.each(['another session', 'another client of the session'])(
      'credentials that are copied to %s open for nobody, and nothing is sent',
      async (where) => {
        const server = closing(await recordingServer());
        const alice = await stack.manager.createSession('alice', 'acme');
        const thief = where === 'another session' ? await stack.manager.createSession('mallory', 'acme') : alice;
        const add = { type: 'http', endpoint: server.url } as const;
        await alice.addMcpClient({ ...add, id: 'tools', auth: { type: 'bearer', token: 'token-of-alice' } });
        await thief.addMcpClient({ ...add, id: 'thief', auth: { type: 'bearer', token: 'token-of-mallory' } });
        await alice.mcpClient('tools').callTool('echo');
        const { credentials } = await itemOf(alice.id, 'tools');
        await put({ ...(await itemOf(thief.id, 'thief')), credentials });
        server.requests.length = 0;
        const instances = [stack.manager, closing(anotherInstance(stack)).manager];
        for (const manager of instances) {
          const call = manager.session(thief.id).mcpClient('thief').callTool('echo');
          await expect(call).rejects.toThrow(/authenticate/);
          const list = manager.session(thief.id).mcpClient('thief').listTools();
          await expect(list).rejects.toThrow();
        }
        expect(server.requests).toEqual([]);
        await alice.mcpClient('tools').callTool('echo');
        expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-of-alice']);
        // It can be put right, and removed, all the same.
        await thief.mcpClient('thief').updateAuth({});
        await thief.removeMcpClient('thief');
      },
    );

    test('no token is found under the id of somebody else’s credentials', async () => {
      const secrets = ['alice', 'mallory'].map((name) => ({ clientId: name, clientSecret: `secret-of-${name}` }));
      const authorization = closing(await authorizationServer(secrets));
      const server = closing(await protectedServer(authorization));
      const [alice, mallory] = await Promise.all(
        secrets.map(async ({ clientId, clientSecret }) => {
          const session = await stack.manager.createSession(clientId, 'acme');
          const { issuer } = authorization;
          const auth = { type: 'oauth-client-credentials', clientId, clientSecret, issuer } as const;
          await session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url, auth });
          return session;
        }),
      );
      const { credentials } = await itemOf(alice?.id ?? '', 'tools');
      const own = await itemOf(mallory?.id ?? '', 'tools');
      await put({ ...own, credentials: { ...own.credentials, id: credentials.id } });
      server.requests.length = 0;
      await mallory?.mcpClient('tools').callTool('echo');
      const used = server.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', '') ?? '');
      expect(used.map((token) => authorization.clientOf(token)).filter(Boolean)).toEqual(['mallory']);
    });
  });
});

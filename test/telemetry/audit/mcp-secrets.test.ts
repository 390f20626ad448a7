import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { mcpServices } from '../../../lib/composition/mcp.ts';
import { createServices } from '../../../lib/composition/api-functions.ts';
import type { Door } from '../../contracts/door.ts';
import { directDoor, handlerDoor } from '../../contracts/doors.ts';
import { authorizationServer } from '../../mcp-clients/credentials/oauth-servers.ts';
import { recordingServer, sendJson } from '../../mcp-clients/recording-server.ts';
import { closingAfterEach } from '../../setup/closing.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { captureOutput } from './captured-output.ts';
import { ACCESS, CLIENT, HEADER, QUERY, SECOND_TOKEN, TOKEN, expectNoCanary } from './canaries.ts';
import { LEAKS, leaking, type Leak } from './leaking-server.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };

describe('what MCP clients prove themselves with', () => {
  let stack: TestStack;
  const closing = closingAfterEach();
  beforeEach(async () => {
    stack = closing(await newStack());
  });

  /** Runs `work` with each door, then looks at everything that is left of it. */
  async function expectKept(work: (door: Door, note: (answer: unknown) => void) => Promise<void>): Promise<string[]> {
    const output = captureOutput();
    const audited: AuditEvent[] = [];
    const answers: unknown[] = [];
    try {
      for (const logger of ['default', 'own']) {
        const services = createServices({ ...stack.env, LOG_LEVEL: 'TRACE' }, { mcp: mcpServices });
        if (logger === 'own') services.manager.setAuditLogger({ log: (event: AuditEvent) => void audited.push(event) });
        const door = logger === 'own' ? directDoor(services) : handlerDoor(services);
        await work(door, (answer) => answers.push(answer));
        expectNoCanary('the table', await tableContent());
        expectNoCanary('the files', await filesContent());
        for (const { id } of (await stack.manager.listSessions('alice')).sessions)
          await services.manager.cleanupSession(id);
      }
    } finally {
      output.restore();
    }
    expect(output.lines.some((line) => line.includes('session_audit_event'))).toBe(true);
    expect(output.lines.some((line) => line.includes('dependency_failed'))).toBe(true);
    expect(audited.length).toBeGreaterThan(10);
    answers.forEach((answer) => expectNoCanary('an answer', JSON.stringify(answer)));
    output.lines.forEach((line) => expectNoCanary('the log', line));
    expectNoCanary('the audit events', JSON.stringify(audited));
    return answers.map((answer) => JSON.stringify(answer));
  }

  async function tableContent(): Promise<string> {
    const { Items = [] } = await stack.client.send(new ScanCommand({ TableName: stack.config.tableName }));
    expect(JSON.stringify(Items)).toContain('sealed');
    return JSON.stringify(Items);
  }

  async function filesContent(): Promise<string> {
    const contents: string[] = [];
    for (const directory of [stack.config.workspaceRoot, stack.config.localDataDir]) {
      for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
        contents.push(entry.name);
        if (entry.isFile()) contents.push(await readFile(path.join(entry.parentPath, entry.name), 'latin1'));
      }
    }
    expect(contents).toContain('secrets.key');
    return contents.join('\n');
  }

  const newSession = async (door: Door): Promise<string> => {
    const created = await door.call('createSession', ALICE, {});
    return (created as unknown as { output: { id: string } }).output.id;
  };

  test('tokens and headers are told nowhere, whatever the server repeats', async () => {
    let leak: Leak = 'nothing';
    const server = closing(
      await recordingServer({
        before: (request, response) => leaking(leak, request, response),
        serverInfo: ({ headers, query }) => ({
          title: `for ${headers.authorization} at ${query}`,
          name: String(headers['x-api-key']),
          [String(headers['x-api-key'])]: [{ nested: JSON.stringify(headers) }],
        }),
      }),
    );
    const credentials = { auth: { type: 'bearer', token: TOKEN }, headers: { 'X-Api-Key': HEADER } };
    const answers = await expectKept(async (door, note) => {
      const sessionId = await newSession(door);
      const client = { sessionId, clientId: 'tools' };
      const endpoint = `${server.url}?api_key=${encodeURIComponent(QUERY)}#${HEADER}`;
      const add = { sessionId, id: 'tools', type: 'http', endpoint, config: { timeoutMs: 2_000 } };
      const call = async (...[operation, input]: [Parameters<Door['call']>[0], Record<string, unknown>]) =>
        note(await door.call(operation, ALICE, input));

      for (leak of [...LEAKS, 'session-id'] as Leak[]) await call('addMcpClient', { ...add, ...credentials });
      for (const bad of [
        { endpoint: `${endpoint}&more=${QUERY.repeat(200)}` },
        { endpoint: `nowhere?api_key=${QUERY}` },
        { endpoint: `http://10.0.0.1/mcp?api_key=${QUERY}` },
        { auth: { type: 'bearer', token: `${TOKEN}\n` } },
        { auth: { type: 'bearer', token: TOKEN, more: TOKEN } },
        { auth: { type: TOKEN, token: TOKEN } },
        { auth: TOKEN },
        { headers: { host: HEADER } },
        { headers: { 'x-a': `${HEADER}\u0000` } },
        { headers: { 'x-a': HEADER.repeat(500) } },
      ]) {
        await call('addMcpClient', { ...add, ...bad });
      }
      leak = 'nothing';
      await call('addMcpClient', { ...add, type: 'stdio', endpoint: undefined, command: 'x', ...credentials });
      await call('addMcpClient', { ...add, ...credentials });
      await call('addMcpClient', { ...add, ...credentials });
      for (const round of [
        credentials,
        { auth: { type: 'bearer', token: SECOND_TOKEN }, headers: { 'x-more': HEADER } },
      ]) {
        leak = 'nothing';
        await call('updateMcpClientAuth', { ...client, ...round });
        await call('updateMcpClientAuth', { ...client, ...round, auth: { type: 'bearer', token: `${TOKEN}\n` } });
        await call('updateMcpClientAuth', { ...client, clientId: 'nobody', ...round });
        await call('getMcpClient', client);
        await call('listMcpClients', { sessionId });
        await call('getSession', { sessionId });
        for (leak of LEAKS) {
          await call('listMcpTools', client);
          await call('callMcpTool', { ...client, name: 'echo' });
        }
      }
      expectNoCanary('the table', await tableContent());
      leak = 'body';
      await call('removeMcpClient', client);
      leak = 'nothing';
      await call('addMcpClient', { ...add, ...credentials });
    });
    for (const said of ['MCP_CONNECTION', 'MCP_ENDPOINT_FORBIDDEN', 'VALIDATION', 'MCP_CLIENT_EXISTS', '[secret]']) {
      expect([said, answers.some((answer) => answer.includes(said))]).toEqual([said, true]);
    }
  });

  test('client secrets and access tokens are told nowhere, whatever the servers repeat', async () => {
    let leak: Leak = 'nothing';
    let tokenLeak: 'none' | 'garbage' | 'no-token' = 'none';
    let revoke = () => {};
    const authorization = closing(await authorizationServer([CLIENT], ACCESS));
    revoke = () => authorization.revokeAll();
    const server = closing(
      await recordingServer({
        before(request, response) {
          const { path: asked, headers } = request;
          if (asked === '/.well-known/oauth-protected-resource/mcp') {
            const own = `http://${headers.host}`;
            sendJson(response, {
              resource: `${own}/mcp`,
              authorization_servers: [tokenLeak === 'none' ? authorization.issuer : own],
            });
            return true;
          }
          if (asked === '/token') {
            const token = `${ACCESS}-raw`;
            if (tokenLeak === 'no-token') sendJson(response, { token, token_type: token, expires_in: token });
            else response.writeHead(200, { 'content-type': 'application/json' }).end(token);
            return true;
          }
          if (asked !== '/mcp') return false;
          const token = headers.authorization?.replace('Bearer ', '') ?? '';
          if (authorization.clientOf(token) === undefined) {
            response.writeHead(401, { 'www-authenticate': 'Bearer' }).end(`${token} is not known`);
            return true;
          }
          return leaking(leak, request, response);
        },
        serverInfo: ({ headers }) => ({ title: `for ${headers.authorization}` }),
      }),
    );
    await expectKept(async (door, note) => {
      const sessionId = await newSession(door);
      const client = { sessionId, clientId: 'tools' };
      const add = { sessionId, id: 'tools', type: 'http', endpoint: server.url, config: { timeoutMs: 2_000 } };
      const own = { type: 'oauth-client-credentials', ...CLIENT };
      const auth = { ...own, issuer: authorization.issuer };
      const call = async (...[operation, input]: [Parameters<Door['call']>[0], Record<string, unknown>]) =>
        note(await door.call(operation, ALICE, input));

      leak = 'nothing';
      for (tokenLeak of ['garbage', 'no-token'] as const) await call('addMcpClient', { ...add, auth: own });
      tokenLeak = 'none';
      await call('addMcpClient', { ...add, auth: own });
      await call('addMcpClient', { ...add, auth: { ...auth, clientId: 'other' } });
      await call('addMcpClient', { ...add, auth: { ...auth, issuer: `https://issuer.example/` } });
      await call('addMcpClient', { ...add, auth: { ...auth, issuer: CLIENT.clientSecret } });
      for (leak of [...LEAKS, 'session-id'] as Leak[]) await call('addMcpClient', { ...add, auth });
      leak = 'nothing';
      await call('addMcpClient', { ...add, auth });
      await call('updateMcpClientAuth', { ...client, auth });
      for (leak of LEAKS) {
        await call('listMcpTools', client);
        await call('callMcpTool', { ...client, name: 'echo' });
        revoke();
        await call('callMcpTool', { ...client, name: 'echo' });
      }
      leak = 'nothing';
      await call('listMcpTools', client);
      await call('listMcpClients', { sessionId });
    });
    expect(authorization.issued.length).toBeGreaterThan(5);
  });

  test('no error of the library has them in message, stack or cause', async () => {
    let leak: Leak = 'nothing';
    const server = closing(await recordingServer({ before: (request, response) => leaking(leak, request, response) }));
    const session = await stack.manager.createSession('alice', 'acme');
    const config = { id: 'tools', type: 'http', endpoint: server.url, auth: { type: 'bearer', token: TOKEN } } as const;
    await session.addMcpClient(config);
    for (leak of LEAKS) {
      for (const work of [
        () => session.addMcpClient({ ...config, id: 'more' }),
        () => session.mcpClient('tools').listTools(),
      ]) {
        let thrown: unknown = await work().then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(thrown).toMatchObject({ code: expect.stringMatching(/^MCP_/) });
        for (let depth = 0; depth < 5 && thrown !== undefined; depth++) {
          const { message, stack: trace, cause } = thrown as Error;
          expectNoCanary(`an error after ${leak}`, `${message} ${trace} ${JSON.stringify(thrown)}`);
          thrown = cause;
        }
      }
    }
  });
});

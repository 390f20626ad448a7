import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Session } from '../../../lib/sessions/session.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { anotherInstance } from '../instance.ts';
import { ErasServer } from './eras-stage.ts';
import { MODES, type Mode } from './two-eras.ts';

const STDIO = fileURLToPath(new URL('stdio-two-eras.ts', import.meta.url));
const DAY_MS = 24 * 60 * 60 * 1000;
const ERA = { modern: 'modern', legacy: 'legacy', dual: 'modern' } as const;
/** From one that spoke what was before 2026-07-28 to one that still does: nothing shows that it speaks more, for a day. */
const eraAfter = (from: Mode, to: Mode) => (from === 'legacy' && to === 'dual' ? 'legacy' : ERA[to]);
const pairs = MODES.flatMap((from) => MODES.map((to) => [from, to] as const));

describe('a server of the official SDK', () => {
  let stack: TestStack;
  let session: Session;
  let toClose: (() => unknown)[];
  beforeAll(async () => {
    stack = await newStack({ MCP_STDIO_COMMANDS: process.execPath, MAX_MCP_CLIENTS_PER_SESSION: '90' });
    session = await stack.manager.createSession('alice', 'acme');
  });
  beforeEach(() => {
    toClose = [];
  });
  afterEach(async () => {
    for (const close of toClose) await close();
  });
  afterAll(() => stack?.close());

  const serverOf = async (mode: Mode) => {
    const server = await ErasServer.start(mode);
    toClose.push(() => server.close());
    return server;
  };
  /** As another Lambda would call it. */
  const called = async (id: string, n: number, more: object = {}, now?: () => Date) => {
    const instance = anotherInstance(stack, undefined, now);
    const client = instance.manager.session(session.id).mcpClient(id);
    return client.callTool('count', { n, ...more }).finally(() => instance.close());
  };
  const stored = async (id: string) => (await stack.parts.mcpClients.get(session.id, id)).connection;
  const counted = (n: number) => ({ structuredContent: { n } });
  const add = (id: string, { url }: ErasServer) => session.addMcpClient({ id, type: 'http', endpoint: url });

  test.each(pairs)('over HTTP that speaks %s, and %s later: each call is executed once', async (from, to) => {
    const server = await serverOf(from);
    const id = `http-${from}-${to}`;
    const client = await add(id, server);
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['count']);
    expect(await stored(id)).toMatchObject({ era: ERA[from], protocolVersion: client.getInfo().protocolVersion });
    expect(await client.callTool('count', { n: 1 })).toMatchObject(counted(1));
    expect(await called(id, 2)).toMatchObject(counted(2));
    server.restartAs(from);
    expect(await called(id, 3)).toMatchObject(counted(3));
    server.restartAs(to);
    for (const n of [4, 5]) expect(await called(id, n)).toMatchObject(counted(n));
    expect(server.executed).toEqual([1, 2, 3, 4, 5]);
    expect((await stored(id)).era).toBe(eraAfter(from, to));
  });

  test.each([
    ['modern', 'legacy'],
    ['legacy', 'modern'],
    ['dual', 'dual'],
  ] as const)('over stdio that speaks %s, and %s later: each call is executed once', async (from, to) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'eras-'));
    toClose.push(() => rm(directory, { recursive: true }));
    const files = ['mode', 'calls'].map((name) => path.join(directory, name)) as [string, string];
    await writeFile(files[0], from);
    const id = `stdio-${from}-${to}`;
    const args = ['--experimental-strip-types', STDIO, ...files];
    const client = await session.addMcpClient({ id, type: 'stdio', command: process.execPath, args });
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['count']);
    expect(await called(id, 1)).toMatchObject(counted(1));
    expect((await stored(id)).era).toBe(ERA[from]);
    await writeFile(files[0], to);
    expect(await called(id, 2)).toMatchObject(counted(2));
    expect((await stored(id)).era).toBe(ERA[to]);
    expect(await readFile(files[1], 'utf8')).toBe('1\n2\n');
  });

  test.each(['modern', 'legacy'] as const)(
    'that speaks %s gets one request for a call of another instance',
    async (mode) => {
      const server = await serverOf(mode);
      await add(`warm-${mode}`, server);
      server.asked.length = 0;
      await called(`warm-${mode}`, 1);
      expect(server.asked).toEqual(['tools/call']);
    },
  );

  test('that speaks both by now is asked after a day, beside a call, and once a day if it does not', async () => {
    const server = await serverOf('legacy');
    await add('aged', server);
    const later = () => new Date(Date.now() + DAY_MS + 1_000);
    server.asked.length = 0;
    for (const n of [1, 2]) expect(await called('aged', n, {}, later)).toMatchObject(counted(n));
    expect(server.asked.sort()).toEqual(['server/discover', 'tools/call', 'tools/call']);
    expect(await stored('aged')).toMatchObject({ era: 'legacy' });
    server.restartAs('dual');
    const muchLater = () => new Date(Date.now() + 3 * DAY_MS);
    for (const n of [3, 4]) expect(await called('aged', n, {}, muchLater)).toMatchObject(counted(n));
    expect(await stored('aged')).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28' });
    expect(await stored('aged')).not.toHaveProperty('mcpSessionId');
    expect(server.executed).toEqual([1, 2, 3, 4]);
  });

  describe('that was stored by release 0.1.0, without an era,', () => {
    const forgetEra = async (id: string) => {
      const connection = await stored(id);
      for (const field of ['era', 'eraFoundAt', 'discover'] as const) delete connection[field];
      await stack.parts.mcpClients.replaceConnection(session.id, await stack.parts.mcpClients.get(session.id, id), {
        ...connection,
        connectionId: `old-${id}`,
      });
      expect(Object.keys(await stored(id)).sort()).toEqual(
        ['capabilities', 'connectionId', 'mcpSessionId', 'protocolVersion', 'serverInfo', 'transport'].sort(),
      );
    };

    test('is used as it is, and its era is stored at the first use', async () => {
      const server = await serverOf('legacy');
      await add('old', server);
      await forgetEra('old');
      server.asked.length = 0;
      for (const n of [1, 2]) expect(await called('old', n)).toMatchObject(counted(n));
      expect(server.asked.sort()).toEqual(['server/discover', 'tools/call', 'tools/call']);
      expect(await stored('old')).toMatchObject({ era: 'legacy', eraFoundAt: expect.stringMatching(/^20/) });
    });

    test.each(['modern', 'dual'] as const)('and speaks %s by now, is moved at the first use', async (mode) => {
      const server = await serverOf('legacy');
      await add(`old-${mode}`, server);
      await forgetEra(`old-${mode}`);
      server.restartAs(mode);
      for (const n of [1, 2]) expect(await called(`old-${mode}`, n)).toMatchObject(counted(n));
      expect(await stored(`old-${mode}`)).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28' });
      expect(server.executed).toEqual([1, 2]);
    });
  });

  describe('that speaks 2026-07-28 gets', () => {
    const CLIENT = { name: 'agent-session-manager', version: '0.1.0' };
    const META = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': CLIENT,
      'io.modelcontextprotocol/clientCapabilities': {},
    };

    test('all about a request in the request, and in its headers', async () => {
      const server = await serverOf('modern');
      const client = await add('headers', server);
      await client.listTools();
      await client.callTool('count', { n: 1, region: 'Süd' });
      expect(server.bodies.map(({ params }) => params?._meta)).toEqual([META, META, META]);
      expect(server.headers).toMatchObject([
        { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' },
        { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' },
        {
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'count',
          'mcp-param-region': '=?base64?U8O8ZA==?=',
        },
      ]);
      for (const headers of server.headers) expect(headers).not.toHaveProperty('mcp-session-id');
    });

    test('what the client of the official SDK sends', async () => {
      const server = await serverOf('modern');
      const client = await add('compared', server);
      await client.listTools();
      await client.callTool('count', { n: 1, region: ' =?base64?x?= ' });
      const official = new Client(CLIENT, { versionNegotiation: { mode: 'auto' } });
      await official.connect(new StreamableHTTPClientTransport(new URL(server.url)));
      toClose.push(() => official.close());
      await official.listTools();
      await official.callTool({ name: 'count', arguments: { n: 1, region: ' =?base64?x?= ' } });
      const sent = server.bodies.map(({ method, params }, index) => {
        const headers = Object.entries(server.headers[index] ?? {});
        const ofProtocol = headers.filter(([name]) => name.startsWith('mcp-') || name === 'accept');
        return { method, params, headers: Object.fromEntries(ofProtocol) };
      });
      expect(sent).toHaveLength(6);
      expect(sent.slice(0, 3)).toEqual(sent.slice(3));
    });

    test('headers for parameters, though the instance that calls has never seen the tool', async () => {
      const server = await serverOf('modern');
      await add('unseen', server);
      server.asked.length = 0;
      expect(await called('unseen', 1, { region: 'north' })).toMatchObject(counted(1));
      expect(server.asked).toEqual(['tools/call', 'tools/list', 'tools/call']);
      expect(server.executed).toEqual([1]);
      expect(server.headers.at(-1)).toMatchObject({ 'mcp-param-region': 'north' });
    });
  });
});

import { access, rm } from 'node:fs/promises';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { McpClientItem, McpServerAddress } from '../../lib/mcp-clients/mcp-client-store.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { mcpClientKey } from '../../lib/table/keys.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { serveHttp, type CountingServer } from './transports/hostile-servers.ts';

/** Whoever writes the table chooses what a client's item says, and with that no command and no address. */
describe('an MCP client whose item was forged', () => {
  let stack: TestStack;
  let session: Session;
  let local: CountingServer;
  let started: string;
  beforeEach(async () => {
    stack = await newStack({ MCP_ALLOW_LOOPBACK: 'false', MCP_STDIO_COMMANDS: '/bin/true' });
    session = await stack.manager.createSession('ada', 'acme');
    local = await serveHttp((_request, response) => void response.writeHead(200).end());
    started = `${stack.root}-started`;
  });
  afterEach(async () => {
    await local.close();
    await stack.close();
    await rm(started, { force: true });
  });

  async function forge(address: McpServerAddress, transport: McpClientItem['connection']['transport']) {
    const item: McpClientItem = {
      clientId: 'x',
      name: 'x',
      address,
      timeoutMs: 2_000,
      connectedAt: '2026-01-01T00:00:00.000Z',
      connection: {
        connectionId: 'c',
        transport,
        mcpSessionId: 'theirs',
        protocolVersion: '2025-06-18',
        serverInfo: { name: 'x', version: '1' },
        capabilities: '{}',
      },
    };
    await documentClient(stack.client).send(
      new PutCommand({ TableName: stack.config.tableName, Item: { ...mcpClientKey(session.id, 'x'), ...item } }),
    );
    return item;
  }

  /** As a call of a caller's, and as the word to the server when the client is gone. */
  async function useAndEnd(item: McpClientItem): Promise<void> {
    const client = await session.getMcpClient('x');
    for (const call of [client.listTools(), client.callTool('echo', {})])
      await expect(call).rejects.toMatchObject({ code: 'MCP_ENDPOINT_FORBIDDEN' });
    await stack.parts.terminations.terminate(session.id, item);
  }

  test('starts no command that is not on the list', async () => {
    await useAndEnd(await forge({ type: 'stdio', command: '/usr/bin/touch', args: [started] }, 'stdio'));
    await expect(access(started)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each(['streamable-http', 'sse'] as const)('connects to no address that is forbidden (%s)', async (transport) => {
    for (const host of ['127.0.0.1', 'localhost'])
      await useAndEnd(await forge({ type: 'http', endpoint: `http://${host}:${new URL(local.url).port}/` }, transport));
    expect(local.connections()).toBe(0);
  });
});

import { expect } from '@jest/globals';
import type { McpClientConfig } from '../../lib/mcp-clients/mcp-client-config.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import type { EverythingServer } from './everything-server.ts';
import type { HttpServer } from './http-servers.ts';

/** A session that may have three MCP clients, and a server for them. */
export class ClientStage {
  readonly stack: TestStack;
  readonly session: Session;
  private readonly server: EverythingServer;
  private readonly toClose: (() => unknown)[] = [];

  private constructor(stack: TestStack, session: Session, server: EverythingServer) {
    this.stack = stack;
    this.session = session;
    this.server = server;
  }

  static async make(server: EverythingServer): Promise<ClientStage> {
    const stack = await newStack({ MAX_MCP_CLIENTS_PER_SESSION: '3' });
    return new ClientStage(stack, await stack.manager.createSession('alice', 'acme'), server);
  }

  async close(): Promise<void> {
    for (const close of this.toClose.splice(0)) await close();
    await this.stack.close();
  }

  /** Closed together with the stage. */
  closing<T extends { close(): unknown }>(closable: T): T {
    this.toClose.push(() => closable.close());
    return closable;
  }

  /** A client of server-everything. */
  everything(id = 'everything', more: Partial<McpClientConfig> = {}): McpClientConfig {
    return { id, type: 'http', endpoint: this.server.url, ...more };
  }

  stored() {
    return this.stack.parts.mcpClients.list(this.session.id);
  }

  async idsOnSession(): Promise<string[]> {
    return (await this.stack.manager.getSession(this.session.id)).getSessionInfo().mcpClientIds;
  }

  async expectNoneStored(): Promise<void> {
    expect(await this.stored()).toEqual([]);
    expect(await this.idsOnSession()).toEqual([]);
  }

  async expectUsable(): Promise<void> {
    const client = await this.session.addMcpClient(this.everything('afterwards'));
    expect(await client.callTool('echo', { message: 'still here' })).toMatchObject({ content: [{ type: 'text' }] });
  }

  /** Of the sessions opened since, exactly those that are stored are still open. */
  async expectOpenSince(before: string[], items: { connection: { mcpSessionId?: string } }[]): Promise<void> {
    const { open } = await this.server.sessions();
    const since = open.filter((id) => !before.includes(id));
    expect(since.sort()).toEqual(items.map(({ connection }) => connection.mcpSessionId).sort());
  }
}

/** A client of a small server. */
export const clientOf = ({ url }: HttpServer, timeoutMs = 300): McpClientConfig => ({
  id: 'small',
  type: 'http',
  endpoint: url,
  config: { timeoutMs },
});

/** Well before the 10 s that count where nothing is configured. */
export async function expectFailsInTime(call: Promise<unknown>, withinMs = 5_000): Promise<void> {
  const startedAt = performance.now();
  await expect(call).rejects.toMatchObject({ code: 'MCP_CONNECTION' });
  expect(performance.now() - startedAt).toBeLessThan(withinMs);
}

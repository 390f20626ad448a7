import { McpError } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod/mini';
import { McpConnectionError } from '../../errors.ts';
import type { McpConnectionState } from '../mcp-client-store.ts';
import type { McpCallOptions, McpConnection, McpTool, McpToolResult } from '../mcp-connector.ts';
import type { McpLink } from './mcp-link.ts';

const MAX_TOOL_PAGES = 100;

/** Loose, so that what a newer protocol adds is passed on. */
const toolPageSchema = z.looseObject({
  tools: z.array(z.looseObject({ name: z.string() })),
  nextCursor: z.optional(z.string()),
});
const toolResultSchema = z.looseObject({});

/** An open connection of the official SDK. */
export class SdkConnection implements McpConnection {
  readonly state: McpConnectionState;
  private readonly link: McpLink;
  private readonly timeoutMs: number;
  private readonly endSession: () => Promise<void>;

  constructor(link: McpLink, state: McpConnectionState, timeoutMs: number, endSession: () => Promise<void>) {
    this.link = link;
    this.state = state;
    this.timeoutMs = timeoutMs;
    this.endSession = endSession;
  }

  async listTools({ signal }: McpCallOptions = {}): Promise<McpTool[]> {
    const tools: McpTool[] = [];
    let cursor: string | undefined;
    const stopAt = performance.now() + this.timeoutMs;
    for (let page = 1; page <= MAX_TOOL_PAGES; page++) {
      const { tools: more, nextCursor } = await this.link.request(
        { method: 'tools/list', params: { cursor } },
        toolPageSchema,
        { ms: stopAt - performance.now(), signal },
      );
      tools.push(...more);
      if (nextCursor === undefined) return tools;
      cursor = nextCursor;
    }
    throw new McpConnectionError(`gave more than ${MAX_TOOL_PAGES} pages of tools`);
  }

  async callTool(name: string, args: Record<string, unknown>, { signal }: McpCallOptions = {}): Promise<McpToolResult> {
    try {
      const request = { method: 'tools/call', params: { name, arguments: args } };
      return await this.link.request(request, toolResultSchema, { signal });
    } catch (thrown) {
      const refusal = thrown instanceof McpConnectionError ? thrown.cause : undefined;
      if (refusal instanceof McpError) return { content: [{ type: 'text', text: refusal.message }], isError: true };
      throw thrown;
    }
  }

  terminate(): Promise<void> {
    return this.endSession();
  }

  close(): Promise<void> {
    return this.link.close();
  }
}

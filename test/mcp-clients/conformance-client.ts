import { guardedFetch } from '../../lib/mcp-clients/transports/guarded-fetch.ts';
import { ServerConnector } from '../../lib/mcp-clients/transports/server-connector.ts';
import type { McpTool, McpToolCallOptions } from '../../lib/mcp-clients/mcp-connector.ts';
import type { McpAuth } from '../../lib/mcp-clients/credentials/mcp-credentials.ts';

/*
 * The client under test of `@modelcontextprotocol/conformance`: it connects to the server that its last argument names,
 * takes the connection up as another instance would, lists the tools and calls each of them.
 */
const endpoint = process.argv.at(-1) as string;
const { toolCalls = [], ...context } = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Record<
  string,
  string
> & {
  toolCalls?: ToolCall[];
};

interface ToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

const CAPABILITIES = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
const MAX_ROUNDS = 5;
const VALUES: Record<string, unknown> = { number: 2, integer: 2, string: 'text', boolean: true, array: [], object: {} };

/** Those that the scenario names, or one with a value for whatever the tool says that it needs. */
function callsOf(tool: McpTool): ToolCall[] {
  const named = toolCalls.filter(({ name }) => name === tool.name);
  return named.length > 0 ? named : [{ name: tool.name, arguments: argumentsFor(tool) }];
}

function argumentsFor({ inputSchema }: McpTool): Record<string, unknown> {
  const { properties = {} } = inputSchema as { properties?: Record<string, { type?: string }> };
  return Object.fromEntries(Object.entries(properties).map(([name, { type = '' }]) => [name, VALUES[type]]));
}

/** The authorization server that a scenario starts, which whoever configures a client would know. */
async function issuerOf(): Promise<string | undefined> {
  const { origin, pathname } = new URL(endpoint);
  const metadata = await globalThis.fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  return ((await metadata.json()) as { authorization_servers: string[] }).authorization_servers[0];
}

async function authOf(known: Record<string, string>): Promise<McpAuth | undefined> {
  const { client_id: clientId, client_secret: clientSecret } = known;
  if (clientId === undefined || clientSecret === undefined) return undefined;
  return { type: 'oauth-client-credentials', clientId, clientSecret, issuer: await issuerOf() };
}

/** What asks back is not answered, and is not waited for. */
const timeoutMs = process.env.MCP_CONFORMANCE_SCENARIO?.startsWith('elicitation') ? 1_500 : 25_000;

const fetch = guardedFetch({ loopback: true, maxBytes: 1024 * 1024 });
const connector = new ServerConnector({ fetch, stdioCommands: [], searchPath: undefined });
const target = {
  address: { type: 'http', endpoint },
  credentials: { auth: await authOf(context) },
  credentialsId: 'conformance',
  workspacePath: '',
  timeoutMs,
} as const;

/** A call, and again with answers to what it asks for, and with the state that came with the questions. */
async function callAsAsked({ name, arguments: args }: ToolCall): Promise<void> {
  let more: McpToolCallOptions['more'] = { _meta: CAPABILITIES };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = await connection.callTool(name, args, { more });
    if (result.resultType !== 'input_required') return;
    const { inputRequests = {}, requestState } = result as { inputRequests?: object; requestState?: string };
    const inputResponses = Object.fromEntries(
      Object.keys(inputRequests).map((asked) => [asked, { action: 'accept', content: { confirmed: true } }]),
    );
    more = { _meta: CAPABILITIES, inputResponses, ...(requestState !== undefined && { requestState }) };
  }
}

const opened = await connector.connect(target);
await opened.close();
const connection = await connector.resume(target, opened.state);
try {
  for (const call of (await connection.listTools()).tools.flatMap(callsOf)) await callAsAsked(call);
  await connection.terminate();
} finally {
  await connection.close();
}

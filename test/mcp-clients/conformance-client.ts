import { guardedFetch } from '../../lib/mcp-clients/transports/guarded-fetch.ts';
import { ServerConnector } from '../../lib/mcp-clients/transports/server-connector.ts';
import type { McpTool } from '../../lib/mcp-clients/mcp-connector.ts';
import type { McpAuth } from '../../lib/mcp-clients/credentials/mcp-credentials.ts';

/*
 * The client under test of `@modelcontextprotocol/conformance`: it connects to the server that its last argument names,
 * takes the connection up as another instance would, lists the tools and calls each of them.
 */
const endpoint = process.argv.at(-1) as string;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Record<string, string>;

const VALUES: Record<string, unknown> = { number: 2, integer: 2, string: 'text', boolean: true, array: [], object: {} };

/** A value for whatever the tool says that it needs. */
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
const timeoutMs = process.env.MCP_CONFORMANCE_SCENARIO?.startsWith('elicitation') ? 1_500 : 8_000;

const fetch = guardedFetch({ loopback: true, maxBytes: 1024 * 1024 });
const connector = new ServerConnector({ fetch, stdioCommands: [], searchPath: undefined });
const target = {
  address: { type: 'http', endpoint },
  credentials: { auth: await authOf(context) },
  credentialsId: 'conformance',
  workspacePath: '',
  timeoutMs,
} as const;

const opened = await connector.connect(target);
await opened.close();
const connection = await connector.resume(target, opened.state);
try {
  for (const tool of (await connection.listTools()).tools) await connection.callTool(tool.name, argumentsFor(tool));
  await connection.terminate();
} finally {
  await connection.close();
}

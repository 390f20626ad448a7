import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nothingMeasured } from '../../lib/workspaces/measure.ts';
import { MAX_LEVELS } from '../../lib/workspaces/files/file-path.ts';
import { mcpClientConfigSchema, planOf, type McpClientConfig } from '../../lib/mcp-clients/mcp-client-config.ts';
import type { Session } from '../../lib/sessions/session.ts';
import type { McpConnectionState } from '../../lib/mcp-clients/mcp-client-store.ts';
import { MAX_ID_BYTES } from '../../lib/identity.ts';
import { MAX_LAYERS_PER_SCOPE, MAX_SCOPE_BYTES } from '../../lib/prompts/prompt-layer.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { parseInput } from '../../lib/schemas.ts';

const KB = 1024;
/** Three bytes of UTF-8, and one that counts where characters do. */
const WIDE = '€';
const CONNECTION_BYTES = 32 * KB;
const random = (length: number) =>
  Buffer.from(Array.from({ length }, () => 33 + Math.floor(Math.random() * 90))).toString();

const connection = (sizeOfInfo: number): McpConnectionState => ({
  connectionId: 'first',
  transport: 'stdio',
  mcpSessionId: 'theirs',
  protocolVersion: '2025-06-18',
  serverInfo: { name: 'x'.repeat(sizeOfInfo), version: '1' },
  capabilities: '{}',
});

/** DynamoDB takes 400 KB, and answers what is larger with an error that nobody here knows. */
describe('the largest of what callers and MCP servers may send fits into its item', () => {
  let stack: TestStack;
  let session: Session;
  beforeEach(async () => {
    stack = await newStack();
    session = await stack.manager.createSession('u'.repeat(MAX_ID_BYTES), 'o'.repeat(MAX_ID_BYTES));
  });
  afterEach(() => stack.close());

  /** As the session stores it once it is connected. */
  async function store(input: McpClientConfig): Promise<void> {
    const { id, name = id, ...config } = parseInput(mcpClientConfigSchema(), input);
    const { address, credentials, timeoutMs } = planOf({ id, ...config });
    const sealed = await stack.parts.mcpCredentials.seal(credentials, { sessionId: session.id, clientId: id });
    const rest = CONNECTION_BYTES - Buffer.byteLength(JSON.stringify(connection(0)), 'utf8');
    const connectedAt = new Date().toISOString();
    const client = { clientId: id, name, address, timeoutMs, ...(sealed && { credentials: sealed }) };
    await stack.parts.mcpClients.add(session.id, { ...client, connection: connection(rest), connectedAt }, 20);
    expect(await stack.parts.mcpClients.get(session.id, id)).toMatchObject({ address });
  }

  const named = { id: 'x'.repeat(64), name: WIDE.repeat(256) };
  const command = { ...named, type: 'stdio', command: WIDE.repeat(4096) } as const;

  test('a command with its arguments', async () => {
    await store({ ...command, args: Array.from({ length: 64 }, () => 'x'.repeat(4096)) });
  });

  test('an endpoint with credentials', async () => {
    const endpoint = `https://example.com/${WIDE.repeat(2028)}`;
    await store({ ...named, type: 'http', endpoint, headers: { 'x-key': 'x'.repeat(4000) } });
  });

  test('arguments beyond that are refused by their field: they were an internal error', async () => {
    const args = Array.from({ length: 64 }, () => WIDE.repeat(4096));
    await expect(session.addMcpClient({ ...command, args })).rejects.toMatchObject({
      code: 'VALIDATION',
      details: { errors: [{ path: 'args', message: 'must have at most 262144 bytes together' }] },
    });
  });

  test('a session with its metadata, clients and prompt', async () => {
    await session.updateMetadata({ [WIDE.repeat(300)]: 'x'.repeat(1100) });
    await session.updateSystemPrompt(random(256 * KB));
    expect(await session.getSystemPrompt()).toHaveLength(256 * KB);
  });

  test('the layers of a scope', async () => {
    const content = random(2 * KB);
    const owner = { scope: 'org', orgId: 'o'.repeat(MAX_ID_BYTES), userId: '' } as const;
    const json = content.padEnd(Math.floor(MAX_SCOPE_BYTES / MAX_LAYERS_PER_SCOPE), 'x');
    const layers = Array.from({ length: MAX_LAYERS_PER_SCOPE }, (_, index) => ({
      id: `${index}`.padEnd(64, 'x'),
      json,
    }));
    await stack.parts.promptLayers.change(owner, () => ({ layers, result: undefined }));
    expect(await stack.parts.promptLayers.read([owner])).toEqual([layers]);
  });

  test('a measurement that stopped as deep as any goes', async () => {
    const name = Buffer.alloc(255, 0xff).toString('base64url');
    const place = { directory: Array.from({ length: MAX_LEVELS }, () => name), name };
    const from = { sessionId: session.id, rounds: 0, onlyIfActive: true };
    await stack.parts.workspaceUsage.putStep(from, { ...nothingMeasured, ...place, countedBefore: 0 }, 1, new Date());
    expect(await stack.parts.workspaceUsage.get(session.id)).toMatchObject({ measuring: place });
  });
});

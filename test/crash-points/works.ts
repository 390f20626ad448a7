import { handleInvocation, type InvocationResult } from '../../lib/api/invoke-handler.ts';
import { operations, type OperationName } from '../../lib/api/operations.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { OWNER, type CrashWorld } from './crash-world.ts';
import type { Services } from '../../lib/api/door-services.ts';

/** What MCP clients prove themselves with. */
export const SECRET = 'canary-of-a-crash';

type Input = Record<string, unknown>;

/** What a process does when it crashes. */
export interface Work {
  /** Makes what there must be before, and gives the operation's input. */
  prepare(services: Services, world: CrashWorld): Promise<Input>;
  /** What may be answered, besides success, to a request whose first attempt was done without anybody knowing. */
  whenDoneBefore?: readonly ErrorCode[];
  /** What may be answered, besides success, to a request of which one reply was lost. */
  whenLost?: readonly ErrorCode[];
  /** What callers see once it has succeeded. Fails if they do not. */
  seen?(services: Services, input: Input): Promise<unknown>;
}

/** The half of all operations that has a file of its own, so that both run at once. */
export const worksOnFiles = (operation: OperationName): boolean => operations[operation].function === 'workspace';

export async function invoke(services: Services, operation: OperationName, input: Input): Promise<InvocationResult> {
  const { function: group } = operations[operation];
  return handleInvocation(group, services, { operation, input }, 'request', AbortSignal.timeout(20_000));
}

async function done<T = unknown>(services: Services, operation: OperationName, input: Input): Promise<T> {
  const result = await invoke(services, operation, input);
  if (!result.ok) throw new Error(`${operation}: ${result.error.code} ${result.error.message}`);
  return result.output as T;
}

async function mustBe(expected: ErrorCode, services: Services, operation: OperationName, input: Input): Promise<void> {
  const result = await invoke(services, operation, input);
  if (result.ok || result.error.code !== expected) throw new Error(`${operation} is ${JSON.stringify(result)}`);
}

function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`found ${JSON.stringify(found)}`);
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
export const holds = async (text: string, services: Services, file: Input) =>
  same((await done<{ content: string }>(services, 'readFile', file)).content, base64(text));
const idOf = ({ sessionId }: Input) => ({ sessionId });
const newSession = async (services: Services): Promise<Input> => {
  const { id } = await done<{ id: string }>(services, 'createSession', OWNER);
  return { sessionId: id };
};
const withFile = async (services: Services): Promise<Input> => {
  const session = await newSession(services);
  await done(services, 'writeFile', { ...session, path: 'a/b.txt', content: base64('before') });
  return session;
};
const withClient = async (services: Services, { mcp }: CrashWorld): Promise<Input> => {
  const session = await newSession(services);
  await done(services, 'addMcpClient', clientAt(mcp.url, session));
  return session;
};
const withAccess = async (services: Services): Promise<Input> => {
  const session = await newSession(services);
  await done(services, 'grantWorkspaceAccess', session);
  return session;
};
const clientAt = (endpoint: string, session: Input): Input => ({
  ...session,
  id: 'tools',
  type: 'http',
  endpoint,
  auth: { type: 'bearer', token: SECRET },
});
const LIMIT = { scope: 'org', orgId: 'other' };
const withLimit = async (services: Services) => {
  await done(services, 'putLimit', { ...LIMIT, limit: 7, items: 2 });
  return LIMIT;
};
const limitOf = async (services: Services) => (await done<{ limit: number | null }>(services, 'getLimit', LIMIT)).limit;
const LAYER = { scope: 'org', orgId: OWNER.orgId, promptId: 'style' };
const dropLayer = async (services: Services) => void (await invoke(services, 'deletePrompt', LAYER));
const withLayer = async (services: Services) => {
  await dropLayer(services);
  await done(services, 'putPrompt', { ...LAYER, content: 'Be brief.' });
  return LAYER;
};

/** Every operation; which calls it makes is found out. */
export const works: Record<OperationName, Work> = {
  createSession: {
    prepare: async () => ({ ...OWNER, idempotencyKey: crypto.randomUUID(), metadata: { a: 'b' } }),
    async seen(services, input) {
      const { id } = await done<{ id: string }>(services, 'createSession', input);
      await done(services, 'writeFile', { sessionId: id, path: 'x', content: '' });
    },
  },
  getSession: { prepare: withFile },
  listSessions: { prepare: async (services) => newSession(services).then(() => OWNER) },
  updateSession: {
    async prepare(services) {
      const session = await newSession(services);
      await done(services, 'updateSession', { ...session, metadata: { kept: 'too', gone: 'soon' } });
      return { ...session, metadata: { now: 'this', gone: null }, merge: true };
    },
    async seen(services, input) {
      const { metadata } = await done<{ metadata: unknown }>(services, 'getSession', idOf(input));
      same(metadata, { kept: 'too', now: 'this' });
    },
  },
  cleanupSession: {
    async prepare(services, world) {
      const session = await withClient(services, world);
      await done(services, 'writeFile', { ...session, path: 'a', content: base64('x') });
      await done(services, 'grantWorkspaceAccess', session);
      return session;
    },
    whenDoneBefore: ['SESSION_NOT_FOUND'],
    seen: (services, input) => mustBe('SESSION_NOT_FOUND', services, 'getSession', idOf(input)),
  },
  heartbeat: {
    async prepare(services, { clock }) {
      const session = await newSession(services);
      clock.advance({ seconds: 1 });
      return session;
    },
  },
  getUsage: { prepare: async () => OWNER },
  countUserSessions: { prepare: async () => OWNER },
  countAllSessions: { prepare: async () => ({}) },
  cleanupInactiveSessions: {
    async prepare(services, world) {
      await newSession(services);
      await withFile(services);
      world.clock.advance({ seconds: 60 });
      return { inactiveForSeconds: 30 };
    },
    seen: async (services) => same((await done<{ count: number }>(services, 'countAllSessions', {})).count, 0),
  },
  // Of what fits: damage would not be put right by the sweep that follows.
  reconcile: {
    prepare: async (services) => withFile(services).then(() => ({ repair: true })),
    seen: async (services) => same((await done<{ repaired: number }>(services, 'reconcile', {})).repaired, 0),
  },
  getHealth: { prepare: async () => ({}) },
  getOpenApi: { prepare: async () => ({}) },

  readFile: { prepare: async (services) => ({ ...(await withFile(services)), path: 'a/b.txt' }) },
  statFile: { prepare: async (services) => ({ ...(await withFile(services)), path: 'a/b.txt' }) },
  writeFile: {
    prepare: async (services) => ({ ...(await withFile(services)), path: 'a/b.txt', content: base64('after') }),
    seen: (services, { sessionId, path }) => holds('after', services, { sessionId, path }),
  },
  deleteFile: {
    prepare: async (services) => ({ ...(await withFile(services)), path: 'a/b.txt' }),
    whenDoneBefore: ['FILE_NOT_FOUND'],
    seen: (services, input) => mustBe('FILE_NOT_FOUND', services, 'readFile', input),
  },
  moveFile: {
    prepare: async (services) => ({ ...(await withFile(services)), from: 'a/b.txt', to: 'c/d.txt' }),
    whenDoneBefore: ['FILE_NOT_FOUND'],
    async seen(services, { sessionId, from, to }) {
      await holds('before', services, { sessionId, path: to });
      await mustBe('FILE_NOT_FOUND', services, 'readFile', { sessionId, path: from });
    },
  },
  copyFile: {
    prepare: async (services) => ({ ...(await withFile(services)), from: 'a', to: 'c/d' }),
    whenDoneBefore: ['FILE_EXISTS'],
    seen: (services, { sessionId, to }) => holds('before', services, { sessionId, path: `${String(to)}/b.txt` }),
  },
  listDirectory: { prepare: async (services) => ({ ...(await withFile(services)), path: 'a' }) },
  makeDirectory: {
    prepare: async (services) => ({ ...(await withFile(services)), path: 'a/c/d' }),
    seen: (services, { sessionId, path }) => done(services, 'listDirectory', { sessionId, path }),
  },
  removeDirectory: {
    prepare: async (services) => ({ ...(await withFile(services)), path: 'a', recursive: true }),
    whenDoneBefore: ['FILE_NOT_FOUND'],
    seen: (services, { sessionId, path }) => mustBe('FILE_NOT_FOUND', services, 'listDirectory', { sessionId, path }),
  },
  getWorkspaceUsage: { prepare: withFile },

  getSystemPrompt: { prepare: newSession },
  updateSystemPrompt: {
    prepare: async (services) => ({ ...(await newSession(services)), systemPrompt: 'Be kind.' }),
    async seen(services, input) {
      same(await done(services, 'getSystemPrompt', idOf(input)), { systemPrompt: 'Be kind.' });
    },
  },
  getLimit: { prepare: withLimit },
  putLimit: {
    async prepare(services) {
      await withLimit(services);
      return { ...LIMIT, limit: 90, items: 3 };
    },
    seen: async (services) => same(await limitOf(services), 90),
  },
  deleteLimit: { prepare: withLimit, seen: async (services) => same(await limitOf(services), 5) },
  putPrompt: {
    async prepare(services) {
      await dropLayer(services);
      return { ...LAYER, content: 'Be brief.' };
    },
    whenDoneBefore: ['PROMPT_CONFLICT'],
    seen: (services) => done(services, 'getPrompt', LAYER),
  },
  getPrompt: { prepare: withLayer },
  deletePrompt: {
    prepare: withLayer,
    whenDoneBefore: ['PROMPT_NOT_FOUND'],
    seen: (services) => mustBe('PROMPT_NOT_FOUND', services, 'getPrompt', LAYER),
  },
  listPrompts: { prepare: async (services) => withLayer(services).then(() => ({ scope: 'org', orgId: OWNER.orgId })) },
  previewPrompt: { prepare: async (services) => withLayer(services).then(() => OWNER) },

  addMcpClient: {
    prepare: async (services, { mcp }) => clientAt(mcp.url, await newSession(services)),
    whenDoneBefore: ['MCP_CLIENT_EXISTS'],
    seen: (services, input) => done(services, 'listMcpTools', { ...idOf(input), clientId: 'tools' }),
  },
  listMcpClients: { prepare: withClient },
  getMcpClient: { prepare: async (services, world) => ({ ...(await withClient(services, world)), clientId: 'tools' }) },
  removeMcpClient: {
    prepare: async (services, world) => ({ ...(await withClient(services, world)), clientId: 'tools' }),
    whenDoneBefore: ['MCP_CLIENT_NOT_FOUND'],
    seen: (services, input) => mustBe('MCP_CLIENT_NOT_FOUND', services, 'getMcpClient', input),
  },
  updateMcpClientAuth: {
    async prepare(services, world) {
      return { ...(await withClient(services, world)), clientId: 'tools', headers: { 'x-new': SECRET } };
    },
    seen: (services, { sessionId, clientId }) => done(services, 'listMcpTools', { sessionId, clientId }),
  },
  listMcpTools: { prepare: async (services, world) => ({ ...(await withClient(services, world)), clientId: 'tools' }) },
  callMcpTool: {
    async prepare(services, world) {
      return { ...(await withClient(services, world)), clientId: 'tools', name: 'echo', arguments: {} };
    },
  },

  grantWorkspaceAccess: {
    prepare: newSession,
    seen: (services, input) => done(services, 'grantWorkspaceAccess', input),
  },
  revokeWorkspaceAccess: { prepare: withAccess },
};

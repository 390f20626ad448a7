import type { Session } from '../../../lib/sessions/session.ts';
import type { SessionManager } from '../../../lib/sessions/session-manager.ts';

type Look = () => void;
interface World {
  manager: SessionManager;
  session: Session;
}
type Row = readonly [name: string, operation: string, run: (world: World, look: Look) => Promise<unknown>];

/** A copy of `fields` whose fields look when they are read. */
function looking<T extends object>(look: Look, fields: T): T {
  const copy = {};
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(copy, name, { enumerable: true, get: () => (look(), value as unknown) });
  }
  return copy as T;
}

/** In place of a text or a number: looks when it is made one. */
const lookingAs = <T extends string | number>(look: Look, value: T): T =>
  Object.assign(Object(value) as object, {
    toString: () => (look(), String(value)),
    valueOf: () => (look(), value),
    isWellFormed: () => (look(), true),
    toJSON: () => (look(), value),
  }) as unknown as T;

function lookingSignal(look: Look): AbortSignal {
  const { signal } = new AbortController();
  Object.defineProperty(signal, 'aborted', { get: () => (look(), false) });
  return signal;
}

const bytesLooking = (look: Look) =>
  Object.defineProperty(Buffer.from('bytes'), 'length', { get: () => (look(), 5), configurable: true });

const PROMPT = { scope: 'org', orgId: 'acme', promptId: 'tone' } as const;
export const LIMIT = { scope: 'org', orgId: 'acme' } as const;
export const CRM = { id: 'other', type: 'http', endpoint: 'https://crm.example/mcp' } as const;

export const ROWS: readonly Row[] = [
  [
    'metadata',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', looking(look, { metadata: {} })),
  ],
  [
    'metadata inside',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', { metadata: looking(look, { a: 'b' }) }),
  ],
  [
    'variables inside',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', { promptVariables: { a: looking(look, { b: 'c' }) } }),
  ],
  [
    'a key',
    'createSession',
    ({ manager }, look) => manager.createSession('ada', 'acme', looking(look, { idempotencyKey: 'k' })),
  ],
  ['a user', 'createSession', ({ manager }, look) => manager.createSession(lookingAs(look, 'ada'), 'acme')],
  ['an id', 'getSession', ({ manager }, look) => manager.getSession(lookingAs(look, 'x'))],
  ['an id', 'cleanupSession', ({ manager }, look) => manager.cleanupSession(lookingAs(look, 'x'))],
  [
    'an organisation',
    'listSessions',
    ({ manager }, look) => manager.listSessions('ada', looking(look, { orgId: 'acme' })),
  ],
  ['a page', 'listSessions', ({ manager }, look) => manager.listSessions('ada', looking(look, { limit: 3 }))],
  [
    'a limit',
    'listSessions',
    ({ manager }, look) => manager.listSessions('ada', { limit: looking(look, { a: 1 }) as unknown as number }),
  ],
  ['a page', 'listSessions', ({ manager }, look) => manager.listOrgSessions('acme', looking(look, { limit: 3 }))],
  ['who', 'getUsage', ({ manager }, look) => manager.getUsage(looking(look, { userId: 'ada', orgId: 'acme' }))],
  ['a user', 'countUserSessions', ({ manager }, look) => manager.countUserSessions(lookingAs(look, 'ada'), 'acme')],
  [
    'bounds',
    'cleanupInactiveSessions',
    ({ manager }, look) => manager.cleanupInactiveSessions(undefined, looking(look, { maxSessions: 1 })),
  ],
  [
    'a number',
    'cleanupInactiveSessions',
    ({ manager }, look) => manager.cleanupInactiveSessions(9e9, { maxSessions: lookingAs(look, 1) }),
  ],
  ['a time', 'cleanupInactiveSessions', ({ manager }, look) => manager.cleanupInactiveSessions(lookingAs(look, 9e9))],
  [
    'a signal',
    'cleanupInactiveSessions',
    ({ manager }, look) => manager.cleanupInactiveSessions(9e9, { signal: lookingSignal(look) }),
  ],
  ['options', 'reconcile', ({ manager }, look) => manager.reconciler.run(looking(look, { repair: false }))],
  ['bounds', 'reconcile', ({ manager }, look) => manager.reconciler.run({}, looking(look, { pageItems: 10 }))],
  ['a number', 'reconcile', ({ manager }, look) => manager.reconciler.run({}, { pageItems: lookingAs(look, 10) })],
  ['a signal', 'reconcile', ({ manager }, look) => manager.reconciler.run({}, { signal: lookingSignal(look) })],
  ['a scope', 'getLimit', ({ manager }, look) => manager.limits.get(looking(look, LIMIT))],
  ['a scope', 'putLimit', ({ manager }, look) => manager.limits.put(looking(look, LIMIT), { limit: 50 })],
  ['a limit', 'putLimit', ({ manager }, look) => manager.limits.put(LIMIT, looking(look, { limit: 50 }))],
  ['a scope', 'deleteLimit', ({ manager }, look) => manager.limits.delete(looking(look, LIMIT))],
  ['a layer', 'putPrompt', ({ manager }, look) => manager.prompts.put(PROMPT, looking(look, { content: 'kind' }))],
  ['which', 'putPrompt', ({ manager }, look) => manager.prompts.put(looking(look, PROMPT), { content: 'kind' })],
  ['which', 'getPrompt', ({ manager }, look) => manager.prompts.get(looking(look, PROMPT))],
  ['a scope', 'listPrompts', ({ manager }, look) => manager.prompts.list(looking(look, LIMIT))],
  [
    'for whom',
    'previewPrompt',
    ({ manager }, look) => manager.prompts.preview(looking(look, { userId: 'ada', orgId: 'acme' })),
  ],
  ['which', 'deletePrompt', ({ manager }, look) => manager.prompts.delete(looking(look, PROMPT))],
  ['a version', 'deletePrompt', ({ manager }, look) => manager.prompts.delete(PROMPT, looking(look, { version: 1 }))],
  ['metadata', 'updateSession', ({ session }, look) => session.updateMetadata(looking(look, { a: 'b' }))],
  [
    'a prompt',
    'updateSystemPrompt',
    ({ session }, look) => session.updateSystemPrompt(looking(look, { a: 'b' }) as unknown as string),
  ],
  ['a config', 'addMcpClient', ({ session }, look) => session.addMcpClient(looking(look, CRM))],
  ['headers', 'addMcpClient', ({ session }, look) => session.addMcpClient({ ...CRM, headers: looking(look, {}) })],
  ['an id', 'getMcpClient', ({ session }, look) => session.getMcpClient(lookingAs(look, 'crm'))],
  ['an id', 'removeMcpClient', ({ session }, look) => session.removeMcpClient(lookingAs(look, 'other'))],
  ['an id', 'listMcpTools', ({ session }, look) => session.mcpClient(lookingAs(look, 'crm')).listTools()],
  [
    'options',
    'listMcpTools',
    ({ session }, look) => session.mcpClient('crm').listTools(looking(look, { signal: undefined })),
  ],
  [
    'a signal',
    'listMcpTools',
    ({ session }, look) => session.mcpClient('crm').listTools({ signal: lookingSignal(look) }),
  ],
  [
    'arguments',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', looking(look, { a: 'b' })),
  ],
  [
    'toJSON',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', { a: { toJSON: () => (look(), 'b') } }),
  ],
  ['a tool', 'callMcpTool', ({ session }, look) => session.mcpClient('crm').callTool(lookingAs(look, 'echo'))],
  [
    'options',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', {}, looking(look, { signal: undefined })),
  ],
  [
    'a signal',
    'callMcpTool',
    ({ session }, look) => session.mcpClient('crm').callTool('echo', {}, { signal: lookingSignal(look) }),
  ],
  [
    'credentials',
    'updateMcpClientAuth',
    ({ session }, look) => session.mcpClient('crm').updateAuth(looking(look, { headers: undefined })),
  ],
  [
    'conditions',
    'writeFile',
    ({ session }, look) => session.files.write('a', Buffer.from('a'), looking(look, { ifMatch: undefined })),
  ],
  [
    'a tag',
    'writeFile',
    ({ session }, look) =>
      session.files.write('a', Buffer.from('a'), { ifMatch: looking(look, { match: 1 }) as unknown as string }),
  ],
  ['bytes', 'writeFile', ({ session }, look) => session.files.write('a', bytesLooking(look))],
  ['a path', 'writeFile', ({ session }, look) => session.files.write(lookingAs(look, 'a'), Buffer.from('a'))],
  [
    'a part',
    'writeFile',
    ({ session }, look) =>
      session.files.writePart('b', Buffer.from('a'), looking(look, { first: 0, total: 1, uploadId: 'u' })),
  ],
  [
    'bytes',
    'writeFile',
    ({ session }, look) => session.files.writePart('c', bytesLooking(look), { first: 0, total: 5, uploadId: 'u' }),
  ],
  ['a range', 'readFile', ({ session }, look) => session.files.read('there', looking(look, { first: 0 }))],
  ['a number', 'readFile', ({ session }, look) => session.files.read('there', { first: lookingAs(look, 0) })],
  [
    'conditions',
    'readFile',
    ({ session }, look) => session.files.read('there', undefined, looking(look, { ifMatch: '*' })),
  ],
  ['a path', 'readFile', ({ session }, look) => session.files.read(lookingAs(look, 'there'))],
  ['conditions', 'deleteFile', ({ session }, look) => session.files.delete('a', looking(look, { ifMatch: '*' }))],
  ['options', 'moveFile', ({ session }, look) => session.files.move('none', 'x', looking(look, { overwrite: true }))],
  [
    'a path',
    'copyFile',
    ({ session }, look) => session.files.copy(looking(look, { encodedPath: 'there' }), lookingAs(look, 'x')),
  ],
  ['a tree', 'listDirectory', ({ session }, look) => session.files.list('', 5, undefined, looking(look, { depth: 1 }))],
  ['a path', 'listDirectory', ({ session }, look) => session.files.list(lookingAs(look, ''), 5)],
  ['a number', 'listDirectory', ({ session }, look) => session.files.list('', lookingAs(look, 5))],
  ['a cursor', 'listDirectory', ({ session }, look) => session.files.list('', 5, lookingAs(look, 'YQ'))],
  ['a path', 'makeDirectory', ({ session }, look) => session.files.makeDirectory(lookingAs(look, 'd'))],
  ['a path', 'removeDirectory', ({ session }, look) => session.files.removeDirectory(lookingAs(look, 'd'))],
];

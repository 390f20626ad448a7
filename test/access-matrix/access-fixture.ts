import { randomUUID } from 'node:crypto';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { AgentName } from './callers.ts';
import type { Scope } from '../../lib/identity.ts';

/** What is ada's, and her organisation's: a session with everything that one can have. */
export interface AccessFixture {
  sessionId: string;
  /** The request that her session was created by. */
  createRequest: { metadata: { task: string }; idempotencyKey: string };
  mcpEndpoint: string;
  fresh: () => string;
  newSession: () => Promise<string>;
  newMcpClient: () => Promise<string>;
  newFile: () => Promise<string>;
  newDirectory: () => Promise<string>;
  newToken: () => Promise<string>;
  /** Of each agent. */
  tokens: Readonly<Record<AgentName, string>>;
  newLayer: (scope: Scope) => Promise<string>;
}

const fresh = () => `a-${randomUUID().slice(0, 13)}`;

export async function accessFixture(manager: SessionManager, mcpEndpoint: string): Promise<AccessFixture> {
  const createRequest = { metadata: { task: 'report' }, idempotencyKey: fresh() };
  const create = (options = {}) => manager.createSession('ada', 'acme', options);
  const { id: sessionId } = await create(createRequest);
  const session = manager.session(sessionId);
  const add = async (id: string) =>
    session.addMcpClient({ id, name: 'adas-tools', type: 'http', endpoint: mcpEndpoint });
  const write = (path: string) => session.files.write(path, Buffer.from('adas-notes'));
  await Promise.all([add('tools'), write('notes.txt'), session.updateSystemPrompt('adas-prompt')]);

  const foreign = await manager.createSession('eve', 'elsewhere');
  const [agent, idleAgent, foreignAgent] = await Promise.all([
    session.tokens.create(),
    session.tokens.create({ scopes: ['mcp'] }),
    foreign.tokens.create(),
  ]);

  /** The path, once what it names is there. */
  const made = async (make: (name: string) => Promise<unknown>): Promise<string> => {
    const name = fresh();
    await make(name);
    return name;
  };
  return {
    sessionId,
    createRequest,
    mcpEndpoint,
    fresh,
    newSession: async () => (await create()).id,
    newMcpClient: () => made(add),
    newFile: () => made(write),
    newDirectory: () => made((name) => session.files.makeDirectory(name)),
    newToken: async () => (await session.tokens.create({ scopes: ['heartbeat'] })).id,
    tokens: { agent: agent.token, idleAgent: idleAgent.token, foreignAgent: foreignAgent.token },
    newLayer: (scope) => made((promptId) => putLayer(manager, scope, promptId, 'some text')),
  };
}

/** The layers that answers must tell to nobody else. */
export async function putLayers(manager: SessionManager): Promise<void> {
  await putLayer(manager, 'global', 'tone', 'everybodys-tone');
  await putLayer(manager, 'org', 'tone', 'acmes-tone');
  await putLayer(manager, 'user', 'tone', 'adas-tone');
}

async function putLayer(manager: SessionManager, scope: Scope, promptId: string, content: string) {
  const owner = { global: {}, org: { orgId: 'acme' }, user: { userId: 'ada', orgId: 'acme' } }[scope];
  await manager.prompts.put({ scope, promptId, ...owner }, { content });
}

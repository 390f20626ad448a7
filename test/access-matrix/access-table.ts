import type { OperationName } from '../../lib/api/operations.ts';
import type { AccessFixture } from './access-fixture.ts';
import { AGENT_WITH_SCOPE, ANYONE, EVERY_AGENT, RULES } from './access-rules.ts';
import type { Expected } from './callers.ts';

/** One request and what becomes of it, by who asks. Written from the contract, not from the code. */
export interface Case {
  /** The operation's fields, flat. What a request uses up is made anew for each. */
  input: (fixture: AccessFixture) => Promise<Record<string, unknown>> | Record<string, unknown>;
  expected: Expected;
  /** Stands in the answer to `yes`, and in no other. */
  tells?: string | ((fixture: AccessFixture) => string);
  /** Has fields that HTTP has no place for. */
  directOnly?: true;
  /** Whoever may do this ends what the others would ask for. */
  spoils?: true;
}

const ADA = { userId: 'ada', orgId: 'acme' };

const ofSession: Case[] = [{ input: ({ sessionId }) => ({ sessionId }), expected: RULES.ofSession }];
const ofClient = (more: object = {}): Case[] => [
  { input: ({ sessionId }) => ({ sessionId, clientId: 'tools', ...more }), expected: RULES.ofSession },
];
const ofPath = (path: string, more: object = {}): Case[] => [
  { input: ({ sessionId }) => ({ sessionId, path, ...more }), expected: AGENT_WITH_SCOPE },
];

/** Rows for each operation, which is what a route leads to: types fail where one has none. */
export const ACCESS: Readonly<Record<OperationName, Case[]>> = {
  getHealth: [{ input: () => ({}), expected: ANYONE }],
  getOpenApi: [{ input: () => ({}), expected: ANYONE }],

  createSession: [
    { input: () => ({ metadata: { task: 'mine' } }), expected: RULES.forOneself },
    // The same key as ada's, and the same body: it is hers only to her.
    {
      input: ({ createRequest }) => createRequest,
      expected: RULES.onesOwn,
      tells: ({ sessionId }) => sessionId,
    },
    { input: () => ADA, expected: RULES.speaksForAda, directOnly: true },
  ],
  listSessions: [
    { input: () => ({}), expected: RULES.onesOwn, tells: ({ sessionId }) => sessionId },
    {
      input: () => ({ userId: 'ada' }),
      expected: RULES.adaInOwnOrg,
      tells: ({ sessionId }) => sessionId,
    },
    { input: () => ADA, expected: RULES.speaksForAda, tells: ({ sessionId }) => sessionId },
    {
      input: () => ({ scope: 'org' }),
      expected: RULES.ownOrg,
      tells: ({ sessionId }) => sessionId,
    },
    {
      input: () => ({ scope: 'org', orgId: 'acme' }),
      expected: RULES.speaksForAcme,
      tells: ({ sessionId }) => sessionId,
    },
  ],
  getSession: [
    { input: ({ sessionId }) => ({ sessionId }), expected: EVERY_AGENT, tells: ({ sessionId }) => sessionId },
  ],
  updateSession: [
    { input: ({ sessionId }) => ({ sessionId, metadata: { task: 'report' } }), expected: RULES.ofSession },
    { input: ({ sessionId }) => ({ sessionId, metadata: { task: 'report' }, merge: true }), expected: RULES.ofSession },
  ],
  cleanupSession: [{ input: async ({ newSession }) => ({ sessionId: await newSession() }), expected: RULES.ofSession }],
  heartbeat: [{ input: ({ sessionId }) => ({ sessionId }), expected: AGENT_WITH_SCOPE }],

  createToken: [
    {
      input: ({ sessionId }) => ({ sessionId, scopes: ['files:read'] }),
      expected: RULES.owners,
      tells: '"token":"asm_',
    },
  ],
  listTokens: ofSession,
  deleteToken: [
    {
      input: async ({ sessionId, newToken }) => ({ sessionId, tokenId: await newToken() }),
      expected: RULES.ofSession,
    },
  ],

  getUsage: [
    {
      input: () => ({}),
      expected: RULES.ownUsage,
      tells: '"all"',
    },
    { input: () => ADA, expected: RULES.speaksForAda },
    { input: () => ({ orgId: 'acme', userId: 'somebody' }), expected: RULES.speaksForAcme },
  ],
  countUserSessions: [{ input: () => ADA, expected: RULES.speaksForAda }],
  countAllSessions: [{ input: () => ({}), expected: RULES.operators }],
  cleanupInactiveSessions: [
    {
      input: () => ({ inactiveForSeconds: 0 }),
      expected: RULES.ownOrgsCleanup,
      tells: ({ sessionId }) => sessionId,
      spoils: true,
    },
  ],

  reconcile: [{ input: () => ({}), expected: RULES.operators, tells: '"drift"' }],

  getSystemPrompt: [{ input: ({ sessionId }) => ({ sessionId }), expected: AGENT_WITH_SCOPE, tells: 'adas-prompt' }],
  updateSystemPrompt: [
    { input: ({ sessionId }) => ({ sessionId, systemPrompt: 'adas-prompt' }), expected: RULES.ofSession },
  ],

  addMcpClient: [
    {
      input: ({ sessionId, mcpEndpoint, fresh }) => ({ sessionId, id: fresh(), type: 'http', endpoint: mcpEndpoint }),
      expected: RULES.ofSession,
    },
  ],
  listMcpClients: [{ input: ({ sessionId }) => ({ sessionId }), expected: RULES.ofSession, tells: 'adas-tools' }],
  getMcpClient: ofClient(),
  removeMcpClient: [
    {
      input: async ({ sessionId, newMcpClient }) => ({ sessionId, clientId: await newMcpClient() }),
      expected: RULES.ofSession,
    },
  ],
  updateMcpClientAuth: ofClient({ headers: { 'x-key': 'adas-secret' } }),
  listMcpTools: ofClient(),
  callMcpTool: ofClient({ name: 'echo', arguments: {} }),

  grantWorkspaceAccess: ofSession,
  revokeWorkspaceAccess: ofSession,

  readFile: ofPath('notes.txt'),
  statFile: ofPath('notes.txt'),
  writeFile: ofPath('notes.txt', { content: Buffer.from('adas-notes').toString('base64') }),
  deleteFile: [
    { input: async ({ sessionId, newFile }) => ({ sessionId, path: await newFile() }), expected: AGENT_WITH_SCOPE },
  ],
  moveFile: [
    {
      input: async ({ sessionId, newFile, fresh }) => ({ sessionId, from: await newFile(), to: fresh() }),
      expected: AGENT_WITH_SCOPE,
    },
  ],
  copyFile: [
    { input: ({ sessionId, fresh }) => ({ sessionId, from: 'notes.txt', to: fresh() }), expected: AGENT_WITH_SCOPE },
  ],
  listDirectory: [
    { input: ({ sessionId }) => ({ sessionId, recursive: true }), expected: AGENT_WITH_SCOPE, tells: 'notes.txt' },
    { input: ({ sessionId }) => ({ sessionId, path: '' }), expected: AGENT_WITH_SCOPE, tells: 'notes.txt' },
  ],
  makeDirectory: [{ input: ({ sessionId, fresh }) => ({ sessionId, path: fresh() }), expected: AGENT_WITH_SCOPE }],
  removeDirectory: [
    {
      input: async ({ sessionId, newDirectory }) => ({ sessionId, path: await newDirectory(), recursive: true }),
      expected: AGENT_WITH_SCOPE,
    },
  ],
  getWorkspaceUsage: ofSession,

  getLimit: [
    { input: () => ({ scope: 'global' }), expected: RULES.operators },
    { input: () => ({ scope: 'user', ...ADA }), expected: RULES.operators },
  ],
  putLimit: [
    { input: () => ({ scope: 'org', orgId: 'acme', limit: 1000 }), expected: RULES.operators },
    { input: () => ({ scope: 'user', ...ADA, limit: 1000 }), expected: RULES.operators },
  ],
  deleteLimit: [{ input: () => ({ scope: 'user', ...ADA }), expected: RULES.operators }],

  putPrompt: [
    {
      input: ({ fresh }) => ({ scope: 'org', orgId: 'acme', promptId: fresh(), content: 'acmes-text' }),
      expected: RULES.speaksForAcme,
    },
    {
      input: ({ fresh }) => ({ scope: 'user', ...ADA, promptId: fresh(), content: 'adas-text' }),
      expected: RULES.speaksForAcme,
    },
    { input: ({ fresh }) => ({ scope: 'global', promptId: fresh(), content: 'text' }), expected: RULES.operators },
  ],
  getPrompt: [
    {
      input: () => ({ scope: 'org', promptId: 'tone' }),
      expected: RULES.ownOrgsLayer,
      tells: 'acmes-tone',
    },
    {
      input: () => ({ scope: 'org', orgId: 'acme', promptId: 'tone' }),
      expected: RULES.speaksForAcme,
      tells: 'acmes-tone',
    },
    { input: () => ({ scope: 'user', ...ADA, promptId: 'tone' }), expected: RULES.speaksForAcme, tells: 'adas-tone' },
    { input: () => ({ scope: 'global', promptId: 'tone' }), expected: RULES.admins, tells: 'everybodys-tone' },
  ],
  deletePrompt: [
    {
      input: async ({ newLayer }) => ({ scope: 'org', orgId: 'acme', promptId: await newLayer('org') }),
      expected: RULES.speaksForAcme,
    },
    {
      input: async ({ newLayer }) => ({ scope: 'user', ...ADA, promptId: await newLayer('user') }),
      expected: RULES.speaksForAcme,
    },
    {
      input: async ({ newLayer }) => ({ scope: 'global', promptId: await newLayer('global') }),
      expected: RULES.operators,
    },
  ],
  listPrompts: [
    { input: () => ({ scope: 'org', orgId: 'acme' }), expected: RULES.speaksForAcme, tells: 'acmes-tone' },
    { input: () => ({ scope: 'user', ...ADA }), expected: RULES.speaksForAcme, tells: 'adas-tone' },
    { input: () => ({ scope: 'global' }), expected: RULES.admins, tells: 'everybodys-tone' },
    {
      input: () => ({ scope: 'org' }),
      expected: RULES.ownOrg,
      tells: 'acmes-tone',
    },
  ],
  previewPrompt: [{ input: () => ADA, expected: RULES.speaksForAcme, tells: 'acmes-tone' }],
};

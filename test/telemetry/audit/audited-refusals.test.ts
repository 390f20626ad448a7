import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import getPort from 'get-port';
import type { AuditedOperation } from '../../../lib/api/audit-catalogue.ts';
import type { ErrorCode } from '../../../lib/errors.ts';
import type { Caller } from '../../../lib/identity.ts';
import type { SessionManager } from '../../../lib/sessions/session-manager.ts';
import { failEvery } from '../../faults/dynamodb-faults.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { auditedBy, event } from './audited-by.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';

describe('the audit log', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack({ MAX_SESSIONS_PER_USER: '2' });
  });
  afterEach(() => stack.close());

  test('has one event for each refusal, with its code and no text', async () => {
    const { manager } = stack;
    const { id } = await manager.createSession('alice', 'acme', { idempotencyKey: 'k' });
    await manager.createSession('alice', 'acme');
    const mallory: Caller = { kind: 'user', userId: 'mallory', orgId: 'acme' };
    const asMallory = { actor: mallory };
    const refusals: [
      AuditedOperation,
      (manager: SessionManager) => Promise<unknown>,
      { code: ErrorCode; [field: string]: unknown },
    ][] = [
      ['createSession', (m) => m.createSession('', 'acme'), { code: 'INVALID_USER_ID' }],
      ['createSession', (m) => m.createSession('alice', '\n'), { code: 'INVALID_ORG_ID' }],
      [
        'createSession',
        (m) => m.createSession('alice', 'acme'),
        { ...ALICE, code: 'MAX_SESSIONS_REACHED', limitScope: 'user', limit: 2, active: 2 },
      ],
      [
        'createSession',
        (m) => m.createSession('alice', 'acme', { inactivitySeconds: 1 }),
        { ...ALICE, code: 'VALIDATION' },
      ],
      [
        'createSession',
        (m) => m.createSession('alice', 'acme', { idempotencyKey: 'k', inactivitySeconds: 99 }),
        { ...ALICE, code: 'IDEMPOTENCY_CONFLICT' },
      ],
      [
        'createSession',
        (m) => m.as(mallory).createSession('alice', 'acme'),
        { ...ALICE, ...asMallory, code: 'FORBIDDEN' },
      ],
      ['getSession', (m) => m.getSession(UNKNOWN), { sessionId: UNKNOWN, code: 'SESSION_NOT_FOUND' }],
      ['getSession', (m) => m.getSession('../../etc'), { code: 'SESSION_NOT_FOUND' }],
      ['getSession', (m) => m.as(mallory).getSession(id), { ...asMallory, sessionId: id, code: 'SESSION_NOT_FOUND' }],
      [
        'cleanupSession',
        (m) => m.as(mallory).cleanupSession(id),
        { ...asMallory, sessionId: id, code: 'SESSION_NOT_FOUND' },
      ],
      ['countAllSessions', (m) => m.as(mallory).countAllSessions(), { ...asMallory, code: 'FORBIDDEN' }],
      ['cleanupInactiveSessions', (m) => m.as(mallory).cleanupInactiveSessions(), { ...asMallory, code: 'FORBIDDEN' }],
      [
        'callMcpTool',
        (m) => m.session(id).mcpClient('none').callTool('echo', {}),
        { ...ALICE, sessionId: id, mcpClientId: 'none', tool: 'echo', code: 'MCP_CLIENT_NOT_FOUND' },
      ],
      [
        'addMcpClient',
        (m) => m.session(id).addMcpClient({ id: 'x', type: 'stdio', command: 'sh' }),
        { ...ALICE, sessionId: id, mcpClientId: 'x', code: 'MCP_ENDPOINT_FORBIDDEN' },
      ],
    ];
    for (const [name, work, details] of refusals) {
      expect(await auditedBy(stack, () => work(manager))).toEqual([event(name, { result: 'refused', ...details })]);
    }
  });

  test('has one event for each failure', async () => {
    await mkdir(stack.root, { recursive: true });
    await writeFile(path.join(stack.root, 'alice'), 'in the way');
    expect(await auditedBy(stack, () => stack.manager.createSession('alice', 'acme'))).toEqual([
      event('createSession', {
        ...ALICE,
        event: 'session.ended',
        sessionId: expect.any(String),
        reason: 'workspace-creation-failed',
      }),
      event('createSession', { ...ALICE, result: 'failed', code: 'WORKSPACE_CREATION' }),
    ]);
    await rm(path.join(stack.root, 'alice'));

    const session = await stack.manager.createSession('alice', 'acme');
    const endpoint = `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}/mcp`;
    const failed = { ...ALICE, sessionId: session.id, result: 'failed' } as const;
    expect(await auditedBy(stack, () => session.addMcpClient({ id: 'x', type: 'http', endpoint }))).toEqual([
      event('addMcpClient', { ...failed, mcpClientId: 'x', code: 'MCP_CONNECTION' }),
    ]);

    failEvery(stack.client);
    expect(await auditedBy(stack, () => session.getSystemPrompt())).toEqual([
      event('getSystemPrompt', { sessionId: session.id, result: 'failed', code: 'INTERNAL' }),
    ]);
  });
});

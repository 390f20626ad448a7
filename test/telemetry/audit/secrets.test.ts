import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../../lib/api/audit-catalogue.ts';
import { mcpServices } from '../../../lib/composition/mcp.ts';
import { createServices } from '../../../lib/composition/api-functions.ts';
import { directDoor, handlerDoor } from '../../contracts/doors.ts';
import { serveMcp } from '../../mcp-clients/http-servers.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { captureOutput } from './captured-output.ts';

const ALICE = { userId: 'alice', orgId: 'acme' };
const ADMIN = { ...ALICE, role: 'admin' as const };
const LAYER = { scope: 'org', promptId: 'tone' };
const SECRET = 'canary-7f3a';

describe('what callers send', () => {
  let stack: TestStack;
  beforeEach(async () => {
    stack = await newStack();
  });
  afterEach(() => stack.close());

  test.each(['the default logger', 'a logger of their own'])('never reaches %s', async (which) => {
    // A server that sends back what it was sent, in answers, refusals and failures.
    const server = await serveMcp(({ method, params }, response) => {
      const echo = JSON.stringify(params);
      if (method === 'tools/list') return { error: { code: -32_603, message: 'no list today' } };
      if (params?.name === 'breaks') return void response.writeHead(500).end(`cannot do ${echo}`);
      if (params?.name === 'refuses') return { error: { code: -32_602, message: `bad: ${echo}` } };
      return { result: { content: [{ type: 'text', text: echo }] } };
    });
    const output = captureOutput();
    const audited: AuditEvent[] = [];
    let calls = 0;
    try {
      const services = createServices({ ...stack.env, LOG_LEVEL: 'TRACE' }, { mcp: mcpServices });
      if (which !== 'the default logger')
        services.manager.setAuditLogger({ log: (event: AuditEvent) => void audited.push(event) });
      services.manager.setPromptComposer({
        compose: async ({ variables }) => {
          if (variables.fail) throw new Error(`cannot compose ${JSON.stringify(variables)}`);
          return `prompt with ${JSON.stringify(variables)}`;
        },
      });
      for (const [index, door] of [handlerDoor(services), directDoor(services)].entries()) {
        const secrets = { [SECRET]: SECRET };
        const call = (...request: Parameters<typeof door.call>) => {
          calls++;
          return door.call(...request);
        };
        const created = await call('createSession', ALICE, {
          metadata: secrets,
          promptVariables: secrets,
          idempotencyKey: `${SECRET}${index}`,
        });
        const sessionId = (await stack.manager.listSessions('alice')).sessions[0]?.id;
        expect(JSON.stringify(created)).toContain(SECRET);
        const client = { sessionId, clientId: 'tools' };
        const add = { sessionId, id: 'tools', type: 'http', endpoint: server.url, config: { timeoutMs: 2_000 } };
        const answers = [
          await call('createSession', ALICE, { metadata: secrets, idempotencyKey: `${SECRET}${index}` }),
          await call('createSession', ALICE, { promptVariables: { ...secrets, fail: true } }),
          await call('createSession', ALICE, { metadata: { ...secrets, a: SECRET.repeat(500) } }),
          await call('createSession', ALICE, { metadata: { [SECRET]: 7 }, idempotencyKey: SECRET.repeat(50) }),
          await call('updateSession', ALICE, { sessionId, metadata: secrets }),
          await call('updateSystemPrompt', ALICE, { sessionId, systemPrompt: SECRET }),
          await call('updateSystemPrompt', ALICE, { sessionId, systemPrompt: `${SECRET}\ud800` }),
          await call('getSystemPrompt', ALICE, { sessionId }),
          await call('getSession', ALICE, { sessionId: SECRET }),
          await call('addMcpClient', ALICE, { ...add, auth: { token: SECRET } }),
          await call('addMcpClient', ALICE, { ...add, headers: { authorization: SECRET } }),
          await call('addMcpClient', ALICE, add),
          await call('listMcpTools', ALICE, client),
          ...(await Promise.all(
            ['answers', 'refuses', 'breaks'].map((name) =>
              call('callMcpTool', ALICE, { ...client, name, arguments: secrets }),
            ),
          )),
          await call('removeMcpClient', ALICE, client),
          await call('listSessions', ALICE, { cursor: SECRET }),
          await call('putPrompt', ADMIN, { ...LAYER, content: SECRET, name: SECRET, variables: secrets }),
          await call('putPrompt', ADMIN, { ...LAYER, template: `${SECRET} {{#${SECRET}}}` }),
          await call('putPrompt', ADMIN, { ...LAYER, promptId: `${SECRET} `, content: SECRET }),
          await call('previewPrompt', ADMIN, { promptVariables: secrets }),
          await call('listPrompts', ADMIN, { scope: 'org' }),
          await call('deletePrompt', ADMIN, LAYER),
          await call('cleanupSession', ALICE, { sessionId }),
        ];
        // The door did what it was asked, or this test would see nothing.
        expect(JSON.stringify(answers)).toContain('MCP_CONNECTION');
        expect(JSON.stringify(answers)).toContain('IDEMPOTENCY_CONFLICT');
        for (const { id } of (await stack.manager.listSessions('alice')).sessions) {
          await call('cleanupSession', ALICE, { sessionId: id });
        }
      }
    } finally {
      output.restore();
      await server.close();
    }
    const lines = output.lines.filter((line) => line.includes('"level"'));
    expect(lines.filter((line) => line.includes('session_audit_event')).length).toBe(
      which === 'the default logger' ? calls : 0,
    );
    expect(lines.some((line) => line.includes('dependency_failed'))).toBe(true);
    expect(lines.some((line) => line.includes('prompt_composer_failed'))).toBe(true);
    expect(output.lines.flatMap((line) => line.match(new RegExp(`.{0,80}${SECRET}`)) ?? [])).toEqual([]);
    expect(audited.length).toBe(which === 'the default logger' ? 0 : calls);
    expect(JSON.stringify(audited)).not.toContain(SECRET);
  });
});

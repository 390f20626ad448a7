import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { CreatedToken } from '../../lib/agent-tokens/session-tokens.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { send, type EventParts } from '../api/lambda-events.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';

const QUERIES: Record<string, Record<string, string>> = {
  'GET /agent/files': { path: 'a' },
  'HEAD /agent/files': { path: 'a' },
  'PUT /agent/files': { path: 'b' },
  'DELETE /agent/files': { path: 'b' },
  'PUT /agent/directories': { path: 'd' },
  'DELETE /agent/directories': { path: 'd' },
};
const BODIES: Record<string, object> = {
  'POST /agent/heartbeat': {},
  'POST /agent/file-moves': { from: 'c', to: 'e' },
  'POST /agent/file-copies': { from: 'a', to: 'c' },
};
export const queryOf = (key: string): Record<string, string> | undefined => QUERIES[key];

export const OWNER = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
export const OPERATOR = { ...OWNER, 'x-role': 'operator' };

/** What every route of agents answers to whatever is no valid token. */
export const REFUSED = {
  statusCode: 401,
  headers: { 'www-authenticate': 'Bearer', 'cache-control': 'no-store' },
};

interface AgentStage {
  clock: TestClock;
  stack: TestStack;
  /** Of ada: new for each test, with a file `a` and a token. */
  session: Session;
  created: CreatedToken;
  /** A request that goes well for who may send it, with this `Authorization`. */
  ask(key: string, authorization: string | undefined, more?: EventParts): ReturnType<typeof send>;
  asAgent(key: string, more?: EventParts, of?: CreatedToken): ReturnType<typeof send>;
}

/** For the tests of one `describe`, which has one table for all of them. */
export function agentStage(): AgentStage {
  const stage = { clock: new TestClock() } as AgentStage;
  beforeAll(async () => {
    const settings = { MAX_SESSIONS: '0', INACTIVITY_SECONDS: '7200', TOUCH_INTERVAL_SECONDS: '0' };
    stage.stack = await newStack(settings, stage.clock);
  });
  afterAll(() => stage.stack?.close());
  beforeEach(async () => {
    stage.session = await stage.stack.manager.createSession('ada', 'acme', { metadata: { task: 'report' } });
    stage.created = await stage.session.tokens.create();
    await stage.session.files.write('a', Buffer.from('of ada'));
    stage.stack.audited.length = 0;
  });
  stage.ask = (key, authorization, more = {}) =>
    send(stage.stack, key, {
      ...(QUERIES[key] && { queryStringParameters: QUERIES[key] }),
      ...(BODIES[key] && { body: JSON.stringify(BODIES[key]) }),
      ...more,
      headers: { ...(authorization !== undefined && { authorization }), ...more.headers },
    });
  stage.asAgent = (key, more, { token } = stage.created) => stage.ask(key, `Bearer ${token}`, more);
  return stage;
}

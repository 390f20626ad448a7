import { randomBytes, randomUUID } from 'node:crypto';
import { newStack, TestClock } from '../setup/test-stack.ts';
import { ErasServer } from '../mcp-clients/eras/eras-stage.ts';
import { recordingServer } from '../mcp-clients/recording-server.ts';
import { CapacityMeter, type Cost } from './capacity-meter.ts';

/** Every limit there is, so that every counter has a condition. */
export const ALL_LIMITS = { MAX_SESSIONS: '1000', MAX_SESSIONS_PER_ORG: '500', MAX_SESSIONS_PER_USER: '400' };

/** 1 KB, as such prompts read. */
export const ONE_KB_PROMPT = [
  'You are a careful assistant of the accounting department. Answer in the language of the question, in at most three',
  'paragraphs, and say plainly when you do not know something. Before you change a file, read it and tell the user what',
  'you are about to change. Never send credentials, account numbers or names of customers to a tool whose server is not',
  'run by this company. Work only in the directory of this session; intermediate results belong into the folder "work",',
  'and what the user shall get belongs into the folder "results". Amounts are in euros unless the document says',
  'otherwise; round to cents at the very end of a calculation and not before. If two documents contradict each other,',
  'name both, with their dates, and ask which of them is valid. Dates are written as day, month and year. When a task',
  'takes more than ten steps, write a plan first and keep it up to date. Check every sum a second time by another way.',
  'Do not repeat the question. When you are done, list the files that you made, one a line, with what is in each one.',
]
  .join(' ')
  .padEnd(1024, ' Thank you.')
  .slice(0, 1024);

/** The same, of printable characters that come by chance: no 1 KB of ASCII deflates less. */
const RANDOM_KB = Array.from(randomBytes(1024), (byte) => String.fromCharCode(0x20 + (byte % 95))).join('');

/** What each operation asks of DynamoDB, exactly. */
export async function ourCosts(): Promise<Record<string, Cost>> {
  const clock = new TestClock();
  const stack = await newStack({ ...ALL_LIMITS, TOUCH_INTERVAL_SECONDS: '60' }, clock);
  const meter = new CapacityMeter(stack.client, stack.config.tableName);
  const server = await recordingServer();
  const modern = await ErasServer.start('modern');
  const { manager } = stack;
  const options = () => ({ idempotencyKey: randomUUID(), metadata: { job: 'nightly' } });
  try {
    const base = { scope: 'global', promptId: 'base' } as const;
    const { layer } = await manager.prompts.put(base, { content: ONE_KB_PROMPT });
    clock.advance({ seconds: 60 });
    const cold = await meter.of(() => manager.createSession('ada', 'acme', options()));
    const create = await meter.of(() => manager.createSession('ada', 'acme', options()));
    const session = await manager.createSession('ada', 'acme', options());
    const fresh = await meter.of(() => manager.getSession(session.id));
    clock.advance({ seconds: 61 });
    const stale = await meter.of(() => manager.getSession(session.id));
    clock.advance({ seconds: 86_400 / 16 });
    const across = await meter.of(() => manager.getSession(session.id));
    const list = await meter.of(() => manager.listSessions('ada', { orgId: 'acme', limit: 2 }));
    const count = await meter.of(() => manager.countUserSessions('ada', 'acme'));
    const add = await meter.of(() => session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url }));
    await session.files.write('notes.md', Buffer.alloc(1024));
    const write = await meter.of(() => session.files.write('notes.md', Buffer.alloc(1024)));
    const read = await meter.of(() => session.files.read('notes.md'));
    const tools = await session.getMcpClient('tools');
    const asked = server.requests.length;
    const call = await meter.of(() => tools.callTool('echo', {}));
    if (server.requests.length !== asked + 1)
      throw new Error('A warm call is more than one request to the MCP server.');
    const other = await manager.createSession('ada', 'acme', options());
    const inModern = await other.addMcpClient({ id: 'tools', type: 'http', endpoint: modern.url });
    const before = modern.asked.length;
    const callModern = await meter.of(() => inModern.callTool('count', { n: 1 }));
    if (modern.asked.length !== before + 1) throw new Error('A warm call is more than one request to the MCP server.');
    await manager.cleanupSession(other.id);
    const end = await meter.of(() => manager.cleanupSession(session.id));
    const idleSweep = await meter.of(() => manager.cleanupInactiveSessions());
    clock.advance({ seconds: 200_000 });
    const sweep = await meter.of(() => manager.cleanupInactiveSessions());
    const scheduled = await meter.of(() => manager.as({ kind: 'schedule' }).cleanupInactiveSessions());
    await manager.prompts.put(base, { content: RANDOM_KB, version: layer.version });
    clock.advance({ seconds: 60 });
    await manager.createSession('ada', 'acme');
    const random = await meter.of(() => manager.createSession('ada', 'acme', options()));
    return {
      'create, prompt layers not cached': cold,
      create,
      'create, a prompt of random characters': random,
      'get, active within the touch interval': fresh,
      'get with a touch': stale,
      'get with a touch into another bucket': across,
      'list, a page': list,
      'count of a user': count,
      'add an MCP client': add,
      'call a tool': call,
      'call a tool, of a server of 2026-07-28': callModern,
      'write a file of 1 KB': write,
      'read a file of 1 KB': read,
      'end, with an MCP client': end,
      'sweep, nothing due': idleSweep,
      'sweep, 2 due': sweep,
      'sweep of the schedule, nothing due': scheduled,
    };
  } finally {
    meter.close();
    await server.close();
    await modern.close();
    await stack.close();
  }
}

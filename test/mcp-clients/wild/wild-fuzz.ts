import { handlerDoor } from '../../contracts/doors.ts';
import type { Door } from '../../contracts/door.ts';
import { seededRandom } from '../../limits/seeded-random.ts';
import type { TestStack } from '../../setup/test-stack.ts';
import { usualAnswer, type Rpc } from './rpc-modes.ts';
import { eventOf, sendEvents, sendJson, WildServer, type Exchange } from './wild-server.ts';

type Random = () => number;

const ALICE = { userId: 'alice', orgId: 'acme' };
/** As little as may be configured: a server that does not answer costs this. */
const TIMEOUT_MS = 300;
const TYPED = ['MCP_CONNECTION', 'RESPONSE_TOO_LARGE', 'MCP_ENDPOINT_FORBIDDEN', 'MCP_CLIENT_NOT_FOUND'];

/** Texts of JSON in the place of a value. */
const VALUES = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '9007199254740993',
  '1e400',
  '-32600',
  '""',
  '"x"',
  '"__proto__"',
  '"\\ud800"',
  '"2025-06-18"',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '{"__proto__":{"a":1}}',
  '{"constructor":1,"toString":2,"then":3}',
  '{"_meta":null}',
  '{"progressToken":{}}',
  '{"elicitations":[1]}',
  `"${'x'.repeat(40_000)}"`,
  `${'['.repeat(450)}${']'.repeat(450)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
];
const NAMES = [
  'result',
  'error',
  'id',
  'method',
  'params',
  'code',
  'message',
  'data',
  'tools',
  'nextCursor',
  '_meta',
  'content',
  'isError',
  '__proto__',
  'supported',
  'capabilities',
  'serverInfo',
  'protocolVersion',
  'name',
  'task',
];
const STATUSES = [
  200, 200, 200, 200, 200, 200, 201, 202, 204, 206, 301, 400, 401, 403, 404, 405, 410, 418, 429, 500, 502, 503,
];
const TYPES = [
  'application/json',
  'application/json',
  'application/json; charset=latin1',
  'text/html',
  'application/octet-stream',
  '',
  'x',
];

const oneOf = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)] as T;

/** A text with some members of `value` replaced, removed or added, at any depth. */
function mutated(value: unknown, random: Random, share: number): string {
  if (random() < share) return oneOf(VALUES, random);
  if (Array.isArray(value)) return `[${value.map((item) => mutated(item, random, share)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined && random() > share / 2)
    .map(
      ([name, member]) =>
        `${JSON.stringify(random() < share / 4 ? oneOf(NAMES, random) : name)}:${mutated(member, random, share)}`,
    );
  if (random() < share) members.push(`${JSON.stringify(oneOf(NAMES, random))}:${oneOf(VALUES, random)}`);
  return `{${members.join()}}`;
}

function messageFor(rpc: Rpc, random: Random): string {
  const { id, method } = rpc;
  const usual = usualAnswer(rpc);
  const templates = [
    usual,
    usual,
    usual,
    { jsonrpc: '2.0', id, error: { code: -32000, message: 'Session not found', data: { supported: ['2026-07-28'] } } },
    {
      jsonrpc: '2.0',
      id: 7,
      method: oneOf(['ping', 'roots/list', 'sampling/createMessage', method], random),
      params: { a: 1 },
    },
    {
      jsonrpc: '2.0',
      method: oneOf(['notifications/cancelled', 'notifications/progress', 'x'], random),
      params: { requestId: id, progressToken: id },
    },
    [usual, usual],
  ];
  const text = mutated(oneOf(templates, random), random, oneOf([0, 0.05, 0.15, 0.4], random));
  return random() < 0.03 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

function answer({ response, rpc, incoming }: Exchange, random: Random): boolean {
  if (incoming.method === 'DELETE' || (rpc !== undefined && rpc.id === undefined && random() < 0.9)) return false;
  const request = rpc ?? { id: 1, method: 'tools/list' };
  const session =
    request.method === 'initialize' ? { 'mcp-session-id': oneOf(['a', 'b', ' ', 'ü', 'x'.repeat(3_000)], random) } : {};
  const kind = random();
  if (kind < 0.01) return true;
  if (kind < 0.02) return response.socket?.destroy() !== undefined;
  if (kind < 0.4) {
    const events = Array.from({ length: Math.floor(random() * 4) }, (_, at) => {
      const event = eventOf(messageFor(request, random), random() < 0.1 ? `${at}` : undefined);
      return random() < 0.05 ? `event: other\n${event}` : event;
    });
    return sendEvents(response, [...events, random() < 0.5 ? eventOf(usualAnswer(request)) : ''], session);
  }
  const status = oneOf(STATUSES, random);
  const headers = { ...session, location: '/mcp', 'content-type': oneOf(TYPES, random) };
  return sendJson(response, messageFor(request, random), kind < 0.8 ? session : headers, kind < 0.8 ? 200 : status);
}

/** What a run of answers came to: how often each code was told, and what must not be. */
export interface FuzzReport {
  answered: number;
  told: Record<string, number>;
  wrong: string[];
}

/** Lets a client add, list and call until the server has given `count` answers that the seed makes up. */
export async function fuzzAnswers(stack: TestStack, seed: number, count: number): Promise<FuzzReport> {
  const random = seededRandom(seed);
  const report: FuzzReport = { answered: 0, told: {}, wrong: [] };
  let isWild = false;
  const server = await WildServer.start((exchange) => {
    if (!isWild) return false;
    report.answered++;
    return answer(exchange, random);
  });
  const door: Door = handlerDoor(stack);
  const ask = async (operation: Parameters<Door['call']>[0], input: object): Promise<boolean> => {
    const startedAt = performance.now();
    const reply = await door.call(operation, ALICE, { ...input });
    const told = reply.ok ? 'ok' : reply.code;
    report.told[told] = (report.told[told] ?? 0) + 1;
    const took = performance.now() - startedAt;
    const isWrong = (!reply.ok && !TYPED.includes(reply.code)) || took > TIMEOUT_MS + 10_000;
    if (isWrong)
      report.wrong.push(`${operation} after ${report.answered} answers of seed ${seed}: ${told} in ${took} ms`);
    return reply.ok;
  };
  const created = (await door.call('createSession', ALICE, {})) as { output: { id: string } };
  const sessionId = created.output.id;
  const client = { sessionId, clientId: 'wild' };
  const add = {
    sessionId,
    id: 'wild',
    type: 'http',
    endpoint: server.urlOf('http'),
    config: { timeoutMs: TIMEOUT_MS },
  };
  try {
    for (let round = 0; report.answered < count; round++) {
      isWild = round % 3 === 0;
      if (!(await ask('addMcpClient', add))) continue;
      isWild = true;
      for (let use = 0; use < 8; use++) {
        if (random() < 0.4) await ask('listMcpTools', client);
        else await ask('callMcpTool', { ...client, name: 'echo', arguments: { n: 1 } });
      }
      isWild = false;
      await ask('removeMcpClient', client);
    }
  } finally {
    await door.call('cleanupSession', ALICE, { sessionId });
    await server.close();
  }
  return report;
}

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import pTimeout from 'p-timeout';
import { v7 as uuidv7 } from 'uuid';
import { lambdaHandler } from '../../lib/api/lambda-handler.ts';
import { limitOwnersOf } from '../../lib/limits/limit.ts';
import { lambdaContext } from '../api/lambda-events.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { recordingServer } from '../mcp-clients/recording-server.ts';
import { newDatabase } from '../setup/own-database.ts';
import { newStack, TestClock } from '../setup/test-stack.ts';
import { judge } from './answer-rules.ts';
import { namesForeignSession } from './foreign-session.ts';
import { TOKEN_OF } from './fuzz-callers.ts';
import { fuzzRequests, type FuzzRequest } from './fuzz-requests.ts';
import { interpose } from '../setup/interpose.ts';

const REQUEST_MS = 20_000;
const CLOSED = 'http://127.0.0.1:9/mcp';
/** What a request is refused with before its MCP server is asked. */
const BEFORE_MCP = ['FORBIDDEN', 'UNAUTHORIZED', 'SESSION_NOT_FOUND', 'MCP_CLIENT_NOT_FOUND'];
const CHANGES_FILES = ['writeFile', 'deleteFile', 'moveFile', 'copyFile', 'makeDirectory', 'removeDirectory'];
const WRITES = /^(Put|Update|Delete|TransactWrite|BatchWrite)Item/;

type AuthMode = 'headers' | 'jwt';

export interface FuzzReport {
  requests: number;
  wentWell: number;
  /** How many named a session that is not their caller's. */
  foreign: number;
  /** By code. */
  refused: Record<string, number>;
  /** What is stored afterwards and should not be. */
  violations: string[];
}

/**
 * Sends generated requests to the doors, one after the other. Throws with the seed and the smallest request that is
 * answered as none may be, or that was refused and has written.
 */
export async function fuzzDoors(runs: number, seed: number, authMode: AuthMode = 'headers'): Promise<FuzzReport> {
  const house = await openHouse(authMode);
  const report: FuzzReport = { requests: 0, wentWell: 0, foreign: 0, refused: {}, violations: [] };
  try {
    const property = fc.asyncProperty(fuzzRequests(house.place), async (request) => {
      const { ok, code, isForeign, problems } = await house.send(request);
      report.requests++;
      if (isForeign) report.foreign++;
      if (ok) report.wentWell++;
      else report.refused[code] = (report.refused[code] ?? 0) + 1;
      if (problems.length > 0) throw new Error(problems.join('\n'));
    });
    await fc.assert(property, { numRuns: runs, seed, verbose: 0, endOnFailure: false });
    report.violations = await house.violations();
    return report;
  } finally {
    await house.close();
  }
}

/** A stack with sessions that come back when a request has ended them. Its clock stands still, so nothing is touched. */
export async function openHouse(authMode: AuthMode) {
  const mcp = await recordingServer();
  const wanted: string[] = [];
  const clock = new TestClock();
  const stack = await newStack({ ...newDatabase(), MAX_SESSIONS: '0', MAX_MCP_CLIENTS_PER_SESSION: '5' }, clock, {
    newSessionId: () => wanted.shift() ?? uuidv7(),
  });
  let writes = 0;
  interpose(
    stack.client,
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (WRITES.test(String(commandName))) writes++;
        return answer;
      },
    { step: 'finalizeRequest', name: 'writes' },
  );

  const [adas, eves, ended, never] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()] as [string, string, string, string];
  const owners = new Map([
    [adas, { userId: 'ada', orgId: 'acme' }],
    [eves, { userId: 'eve', orgId: 'other' }],
  ]);
  const create = async (id: string, userId: string, orgId: string) => {
    wanted.push(id);
    // Requests may have set some that are full.
    for (const owner of limitOwnersOf({ userId, orgId })) await stack.parts.seats.clearLimit(owner);
    await stack.manager.createSession(userId, orgId);
    const session = stack.manager.session(id);
    await session.files.write('notes.txt', Buffer.from('notes'));
    await session.files.makeDirectory('some/deep');
    await session.addMcpClient({ id: 'tools', type: 'http', endpoint: mcp.url });
  };
  const tokens = { ada: '', eve: '' };
  const newToken = async (id: string) => {
    const session = stack.manager.session(id);
    // Requests may have created as many as there can be.
    for (const { id: tokenId } of await session.tokens.list()) await session.tokens.delete(tokenId);
    return (await session.tokens.create()).token;
  };
  const restore = async () => {
    const there = new Set((await stack.parts.store.getAll([adas, eves])).map(({ id }) => id));
    if (!there.has(adas)) await create(adas, 'ada', 'acme');
    if (!there.has(eves)) await create(eves, 'eve', 'other');
    [tokens.ada, tokens.eve] = [await newToken(adas), await newToken(eves)];
  };
  await create(ended, 'ada', 'acme');
  await stack.manager.cleanupSession(ended);
  await restore();

  const handlers = new Map<string, ReturnType<typeof lambdaHandler>>();
  const handlerOf = (group: FuzzRequest['group']) => {
    const services = { ...stack, config: { ...stack.config, authMode, jwtOrgClaim: 'org', jwtRoleClaim: 'groups' } };
    const known = handlers.get(group) ?? lambdaHandler(group, () => services);
    handlers.set(group, known);
    return known;
  };

  /** By tokens, what its headers say is what the token says, and the headers are there all the same. */
  const eventOf = ({ door, event }: FuzzRequest) =>
    withTokens(authMode === 'jwt' && door === 'http' ? withClaims(event) : event, tokens);

  /** All workspaces, of a request that is about files. */
  const filesIfMeant = async ({ operation }: FuzzRequest) =>
    CHANGES_FILES.includes(operation ?? '') ? JSON.stringify(await filesBelow(stack.root)) : '';

  return {
    place: {
      sessionIds: [adas, adas, adas, eves, ended, never],
      clientIds: ['tools', 'none'],
      paths: ['notes.txt', 'some', 'some/deep', 'new/file.txt', 'none.txt', 'notes.txt/below', ''],
      promptIds: ['tone', 'none'],
      closedEndpoint: CLOSED,
    },
    async send(request: FuzzRequest) {
      const before = { writes, asked: mcp.requests.length, files: await filesIfMeant(request) };
      const answer = await pTimeout(handlerOf(request.group)(eventOf(request), lambdaContext()), {
        milliseconds: REQUEST_MS,
      });
      const { ok, problems } = judge(request, answer);
      const code = ok ? '' : codeOf(answer);
      const isForeign = namesForeignSession(request, owners);
      if (ok && isForeign) problems.push('has been let to a session that is not its caller’s');
      if (!ok && writes > before.writes) problems.push(`was refused, and has written ${writes - before.writes} times`);
      if (!ok && (await filesIfMeant(request)) !== before.files) problems.push('was refused, and has changed files');
      if (BEFORE_MCP.includes(code) && mcp.requests.length > before.asked)
        problems.push('was refused, and has asked the MCP server');
      await tidyAfter(request, ok);
      return { ok, code, isForeign, problems };
    },
    violations: () => violationsAfterSweep(stack, () => stack.manager.cleanupInactiveSessions()),
    async close() {
      await stack.close();
      await mcp.close();
    },
  };

  /** What later requests rely on is there, and what earlier ones have made does not pile up. */
  async function tidyAfter({ operation }: FuzzRequest, ok: boolean): Promise<void> {
    if (!ok) return;
    const endsTokens = ['cleanupSession', 'cleanupInactiveSessions', 'createToken', 'deleteToken'];
    if (endsTokens.includes(operation ?? '')) return restore();
    if (operation !== 'createSession') return;
    const { sessions } = await stack.manager.listSessions('ada', { limit: 10 });
    for (const { id } of sessions) if (id !== adas && id !== eves) await stack.manager.cleanupSession(id);
  }
}

/** With the tokens that are valid now. */
function withTokens(event: unknown, tokens: Record<keyof typeof TOKEN_OF, string>): unknown {
  const { headers } = (event ?? {}) as { headers?: { authorization?: unknown } | null };
  const text = headers?.authorization;
  if (typeof text !== 'string') return event;
  const authorization = text.replace(TOKEN_OF.ada, tokens.ada).replace(TOKEN_OF.eve, tokens.eve);
  return { ...(event as object), headers: { ...headers, authorization } };
}

function withClaims(event: unknown): unknown {
  const { headers, requestContext } = event as { headers?: Record<string, unknown>; requestContext?: object };
  if (typeof requestContext !== 'object') return event;
  const { 'x-user-id': sub, 'x-org-id': org, 'x-role': role } = headers ?? {};
  const claims = { sub, org, groups: role };
  return { ...(event as object), requestContext: { ...requestContext, authorizer: { jwt: { claims, scopes: null } } } };
}

/** The workspaces' own, without what is aside: each path, and of a file its size and when it was written. */
async function filesBelow(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  const told = names
    .filter((name) => !name.startsWith('.'))
    .map(async (name) => {
      const found = await stat(path.join(root, name));
      return found.isFile() ? `${name} ${found.size} ${found.mtimeMs}` : name;
    });
  return (await Promise.all(told)).sort();
}

function codeOf(answer: unknown): string {
  const { body, error } = answer as { body?: string; error?: { code?: string } };
  return error?.code ?? (JSON.parse(body ?? '{}') as { code?: string }).code ?? '';
}

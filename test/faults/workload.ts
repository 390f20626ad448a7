import { SessionManagerError, type ErrorCode } from '../../lib/errors.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { TestClock } from '../setup/test-stack.ts';
import type { Chance } from './chance.ts';

/** Refusals that say: later, or elsewhere, the same can go well. */
const RETRYABLE: readonly ErrorCode[] = ['CONTENTION', 'WORKSPACE_CREATION', 'WORKSPACE_FULL', 'MCP_CONNECTION'];
/** What a use may be answered, as nobody knows what came of those before; of a file that is known to be there, less. */
const STATED: readonly ErrorCode[] = [
  'FILE_NOT_FOUND',
  'DIRECTORY_NOT_EMPTY',
  'NOT_A_FILE',
  'MCP_CLIENT_EXISTS',
  'MCP_CLIENT_NOT_FOUND',
];
/** After how long a session that its caller has forgotten is idle, and how far each sweep finds the clock moved (s). */
export const FORGOTTEN_SECONDS = 60;
const BETWEEN_SWEEPS_SECONDS = 30;
/** How often a caller that must know repeats. */
const ATTEMPTS = 60;

/** What callers were told, and what went wrong in a way that nobody may see. */
export interface Told {
  existing: Set<string>;
  ended: Set<string>;
  /** Created and left alone: sweeps end them when they are idle. */
  forgotten: Set<string>;
  /** What sweeps have said that they ended, as often as they said it. */
  swept: string[];
  operations: Record<string, number>;
  retryable: Record<string, number>;
  /** Anything but success, a refusal that the operation states, and a retryable error. */
  untyped: string[];
  /** What lists may not say. */
  misled: string[];
}

export const nothingTold = (): Told => ({
  existing: new Set(),
  ended: new Set(),
  forgotten: new Set(),
  swept: [],
  operations: {},
  retryable: {},
  untyped: [],
  misled: [],
});

const count = (counts: Record<string, number>, name: string) => (counts[name] = (counts[name] ?? 0) + 1);

/** The MCP server, and the clock of all instances. */
interface Surroundings {
  endpoint: string;
  clock: TestClock;
}

/**
 * One caller: creates and ends sessions until it knows what came of it, as callers with an idempotency key do, and uses
 * those it has without repeating anything.
 */
export class FaultCaller {
  private readonly manager: () => SessionManager;
  readonly owner: { userId: string; orgId: string };
  readonly surroundings: Surroundings;
  readonly told: Told;
  private readonly chance: Chance;
  private readonly name: string;
  private readonly mine: string[] = [];
  /** Those whose file is there for sure: written, and no removal begun since. */
  private readonly withFile = new Set<string>();
  private keys = 0;

  /** `manager`: the instance that the next request happens to reach. */
  constructor(
    name: string,
    manager: () => SessionManager,
    owner: { userId: string; orgId: string },
    surroundings: Surroundings,
    told: Told,
    chance: Chance,
  ) {
    this.name = name;
    this.surroundings = surroundings;
    this.manager = manager;
    this.owner = owner;
    this.told = told;
    this.chance = chance;
  }

  async run(operations: number): Promise<void> {
    for (let done = 0; done < operations; done++) await this.one();
  }

  private async one(): Promise<void> {
    const at = this.chance.next();
    const session = this.mine[this.chance.below(Math.max(1, this.mine.length))];
    if (session === undefined || at < 0.2) return this.create();
    if (at < 0.35) return this.end(session);
    const [name, use] = this.chance.oneOf(USES);
    // Of the file that is moved nobody knows whether it is there.
    const isKnown = this.withFile.has(session) && name !== 'moveFile';
    const stated = isKnown ? STATED.filter((code) => code !== 'FILE_NOT_FOUND') : STATED;
    if (name === 'deleteFile') this.withFile.delete(session);
    const outcome = await this.tried(name, async () => use(this.manager(), session, this), stated);
    if (name === 'writeFile' && outcome !== 'again' && 'value' in outcome) this.withFile.add(session);
  }

  private async create(): Promise<void> {
    const { userId, orgId } = this.owner;
    const isForgotten = this.chance.next() < 0.25;
    const options = {
      idempotencyKey: `${this.name} ${this.keys++}`,
      metadata: { of: userId },
      ...(isForgotten && { inactivitySeconds: FORGOTTEN_SECONDS }),
    };
    const made = await this.untilKnown('createSession', () => this.manager().createSession(userId, orgId, options), [
      'MAX_SESSIONS_REACHED',
      // A sweep has ended it between two attempts.
      ...(isForgotten ? (['SESSION_NOT_FOUND'] as const) : []),
    ]);
    if (made === undefined) return;
    if (isForgotten) {
      this.told.forgotten.add(made.id);
      return;
    }
    this.mine.push(made.id);
    this.told.existing.add(made.id);
  }

  private async end(id: string): Promise<void> {
    this.mine.splice(this.mine.indexOf(id), 1);
    this.told.existing.delete(id);
    await this.untilKnown('cleanupSession', () => this.manager().cleanupSession(id), ['SESSION_NOT_FOUND']);
    this.told.ended.add(id);
  }

  private async untilKnown<T>(name: string, work: () => Promise<T>, stated: ErrorCode[]): Promise<T | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const outcome = await this.tried(name, work, attempt === 1 && name === 'cleanupSession' ? [] : stated);
      if (outcome !== 'again') return outcome.value;
    }
    this.told.untyped.push(`${name}: no answer that is final in ${ATTEMPTS} attempts`);
    return undefined;
  }

  private async tried<T>(
    name: string,
    work: () => Promise<T>,
    stated: readonly ErrorCode[],
  ): Promise<{ value?: T } | 'again'> {
    count(this.told.operations, name);
    try {
      return { value: await work() };
    } catch (thrown) {
      const code = thrown instanceof SessionManagerError ? thrown.code : 'untyped';
      if (stated.includes(code as ErrorCode)) return {};
      if (RETRYABLE.includes(code as ErrorCode)) count(this.told.retryable, `${name} ${code}`);
      else
        this.told.untyped.push(`${name}: ${code} ${String(thrown)} ${String((thrown as Error).stack?.split('\n')[1])}`);
      return 'again';
    }
  }
}

/** All of an organisation, as a caller reads them page by page. */
export async function listedOf(manager: SessionManager, orgId: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { sessions, nextCursor } = await manager.listOrgSessions(orgId, { limit: 3, cursor });
    ids.push(...sessions.map(({ id }) => id));
    cursor = nextCursor;
  } while (cursor !== undefined);
  return ids;
}

type Use = (manager: SessionManager, id: string, by: FaultCaller) => Promise<unknown>;

const mcp = async (manager: SessionManager, id: string) => manager.session(id).getMcpClient('tools');

const USES: [string, Use][] = [
  ['getSession', (manager, id) => manager.getSession(id)],
  ['heartbeat', (manager, id) => manager.session(id).heartbeat()],
  ['updateSession', (manager, id) => manager.session(id).updateMetadata({ of: 'somebody' })],
  ['updateSystemPrompt', (manager, id) => manager.session(id).updateSystemPrompt('be brief')],
  ['getSystemPrompt', (manager, id) => manager.session(id).getSystemPrompt()],
  ['writeFile', (manager, id) => manager.session(id).files.write('a/notes.txt', Buffer.from('notes'))],
  ['readFile', (manager, id) => manager.session(id).files.read('a/notes.txt')],
  ['deleteFile', (manager, id) => manager.session(id).files.delete('a/notes.txt')],
  ['moveFile', (manager, id) => manager.session(id).files.move('a/moved.txt', 'a/back.txt', { overwrite: true })],
  ['copyFile', (manager, id) => manager.session(id).files.copy('a/notes.txt', 'a/moved.txt', { overwrite: true })],
  ['listDirectory', (manager, id) => manager.session(id).files.list('', 10)],
  ['makeDirectory', (manager, id) => manager.session(id).files.makeDirectory('b/c')],
  ['removeDirectory', (manager, id) => manager.session(id).files.removeDirectory('b', true)],
  [
    'addMcpClient',
    (manager, id, { surroundings: { endpoint } }) =>
      manager.session(id).addMcpClient({ type: 'http', id: 'tools', endpoint }),
  ],
  ['listMcpClients', (manager, id) => manager.session(id).listMcpClients()],
  ['listMcpTools', async (manager, id) => (await mcp(manager, id)).listTools()],
  ['callMcpTool', async (manager, id) => (await mcp(manager, id)).callTool('echo', { message: 'hello' })],
  ['removeMcpClient', (manager, id) => manager.session(id).removeMcpClient('tools')],
  ['listSessions', (manager, _id, { owner: { userId, orgId } }) => manager.listSessions(userId, { orgId })],
  [
    'listOrgSessions',
    async (manager, _id, { owner: { orgId }, told }) => {
      const before = new Set(told.ended);
      const ids = await listedOf(manager, orgId);
      if (new Set(ids).size < ids.length) told.misled.push(`${orgId} was told of a session twice`);
      for (const id of ids) if (before.has(id)) told.misled.push(`${id} had ended, and was listed`);
    },
  ],
  ['getUsage', (manager, _id, { owner }) => manager.getUsage(owner)],
  [
    'cleanupInactiveSessions',
    async (manager, _id, { surroundings: { clock }, told }) => {
      clock.advance({ seconds: BETWEEN_SWEEPS_SECONDS });
      told.swept.push(...(await manager.cleanupInactiveSessions()).cleaned);
    },
  ],
];

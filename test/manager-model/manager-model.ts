import type { Caller, Identity } from '../../lib/identity.ts';
import { LayerModel, type LayerInput } from './layer-model.ts';
import { LimitModel, isIn, type LimitAnswer, type LimitOf, type Presets } from './limit-model.ts';
import { LookModel } from './look-model.ts';
import { Refused, copyOf } from './answer.ts';
import {
  TOUCH_MS,
  isIdle,
  keepsAlive,
  isTakenBy,
  maySee,
  newSession,
  viewOf,
  type ModelSession,
  type SessionView,
  type SweepInput,
} from './model-session.ts';

export const MAX_MCP_CLIENTS = 2;
const KEY_SECONDS = 24 * 60 * 60;
/** Sessions become due at steps of a 32nd of their idle time. */
const DUE_STEPS = 32;

export interface CreateInput extends Identity {
  key: number | undefined;
  idle: number | undefined;
}

/**
 * The whole manager as its contract tells it, in memory and one step after the other: what each call answers, and what
 * it changes. Refusals are thrown. Nothing of what `lib/` does is in it.
 */
export class ManagerModel {
  nowMs: number;
  readonly limits: LimitModel;
  readonly layers: LayerModel;
  readonly looks = new LookModel();
  private sessions: ModelSession[] = [];
  private keys: Record<string, { sessionId: string; request: string; atSeconds: number }> = {};
  /** What the sweeps that are under way look for. */
  private sweeping: SweepInput[] = [];

  constructor(nowMs: number, presets: Presets) {
    this.nowMs = nowMs;
    this.limits = new LimitModel(presets, (scope) => this.seatsIn(scope));
    this.layers = new LayerModel();
  }

  clone(): ManagerModel {
    const copy = new ManagerModel(this.nowMs, this.limits.presets);
    copy.sessions = copyOf(this.sessions);
    copy.keys = copyOf(this.keys);
    copy.limits.copyFrom(this.limits);
    copy.layers.copyFrom(this.layers);
    copy.looks.copyFrom(this.looks);
    copy.sweeping = [...this.sweeping];
    return copy;
  }

  /** The same for models between which nothing tells the difference. */
  fingerprint(): string {
    const [limits, layers] = [this.limits.fingerprint(), this.layers.fingerprint()];
    return JSON.stringify([this.nowMs, this.sessions, this.keys, limits, layers, this.sweeping]);
  }

  /** The sessions that exist. */
  get existing(): string[] {
    return this.sessions.map(({ id }) => id);
  }

  /** `newId` is the id that the session has if it is a new one. */
  create({ userId, orgId, key, idle }: CreateInput, newId: string): SessionView & { replayed: boolean } {
    const owner = { userId, orgId };
    const at = JSON.stringify([userId, orgId, key]);
    const request = JSON.stringify({ idle });
    const earlier = key === undefined ? undefined : this.keys[at];
    if (earlier && earlier.atSeconds + KEY_SECONDS > this.nowSeconds) {
      if (earlier.request !== request) throw new Refused('IDEMPOTENCY_CONFLICT');
      return { ...viewOf(this.open(earlier.sessionId)), replayed: true };
    }
    this.limits.checkRoomFor(owner);
    if (this.existing.includes(newId)) throw new Refused(`another id than ${newId}`);
    if (key !== undefined) this.keys[at] = { sessionId: newId, request, atSeconds: this.nowSeconds };
    const prompt = this.layers.compose(owner);
    const session = newSession(owner, { id: newId, idle, nowMs: this.nowMs, prompt });
    this.sessions.push(session);
    return { ...viewOf(session), replayed: false };
  }

  get(id: string, by: Caller): SessionView {
    return viewOf(this.open(id, by));
  }

  heartbeat(id: string, by: Caller): void {
    this.open(id, by);
  }

  setMetadata(id: string, by: Caller, metadata: Record<string, string>): SessionView {
    const session = this.open(id, by);
    session.metadata = metadata;
    return viewOf(session);
  }

  readPrompt(id: string, by: Caller): string {
    return this.open(id, by).prompt;
  }

  writePrompt(id: string, by: Caller, text: string): void {
    this.open(id, by).prompt = text;
  }

  listMcp(id: string, by: Caller): string[] {
    return [...this.open(id, by).mcpClients].sort();
  }

  addMcp(id: string, by: Caller, clientId: string): void {
    const { mcpClients } = this.open(id, by);
    if (mcpClients.includes(clientId)) throw new Refused('MCP_CLIENT_EXISTS');
    if (mcpClients.length >= MAX_MCP_CLIENTS) throw new Refused('MCP_CLIENT_LIMIT');
    mcpClients.push(clientId);
  }

  removeMcp(id: string, by: Caller, clientId: string): void {
    const { mcpClients } = this.withMcp(id, by, clientId);
    mcpClients.splice(mcpClients.indexOf(clientId), 1);
  }

  callTool(id: string, by: Caller, clientId: string): string {
    this.withMcp(id, by, clientId);
    return `called by ${id}`;
  }

  writeFile(id: string, by: Caller, path: string, text: string): { existed: boolean } {
    const { files } = this.withPath(id, by, path);
    const existed = files[path] !== undefined;
    files[path] = text;
    return { existed };
  }

  readFile(id: string, by: Caller, path: string): string {
    const text = this.withPath(id, by, path).files[path];
    if (text === undefined) throw new Refused('FILE_NOT_FOUND');
    return text;
  }

  deleteFile(id: string, by: Caller, path: string): void {
    const { files } = this.withPath(id, by, path);
    if (files[path] === undefined) throw new Refused('FILE_NOT_FOUND');
    delete files[path];
  }

  /** The first step of an end: from now on nobody finds the session. Whoever comes second helps. */
  claim(id: string, by: Caller): void {
    const session = this.sessions.find((one) => one.id === id);
    if (!session || !maySee(by, session)) throw new Refused('SESSION_NOT_FOUND');
    session.status = 'ending';
  }

  /** The last step of an end: its seats are free. */
  free(id: string): void {
    this.sessions = this.sessions.filter((session) => session.id !== id);
  }

  beginSweep(input: SweepInput): void {
    this.sweeping.push(input);
  }

  endSweep(input: SweepInput): void {
    this.sweeping.splice(this.sweeping.indexOf(input), 1);
  }

  /**
   * What a sweep does with a session that it says it ended. Another one that is under way may have begun that end, and says
   * nothing of it: the one that comes to the end says so.
   */
  claimIdle(id: string, own: SweepInput): void {
    const session = this.sessions.find((one) => one.id === id);
    if (!session || (own.orgId !== undefined && session.orgId !== own.orgId)) throw new Refused('no such session');
    const isTaken = [own, ...this.sweeping].some((sweep) => isTakenBy(sweep, session, this.nowMs));
    if (session.status === 'active' && !isTaken) throw new Refused('not idle for long enough');
    session.status = 'ending';
  }

  /** Those that a sweep must find. The others that are idle it may find. */
  mustBeSwept({ idle, orgId }: SweepInput): string[] {
    const sessions = this.sessions.filter((session) => {
      if (orgId !== undefined) return session.orgId === orgId && isIdle(session, idle, this.nowMs);
      const late = idle === undefined ? Math.ceil(session.idleMs / DUE_STEPS) : 0;
      return isIdle(session, idle, this.nowMs - late);
    });
    return sessions.map(({ id }) => id);
  }

  /** The oldest first. */
  dueIn(of: LimitOf): string[] {
    const due = this.sessions.filter((session) => isIn(of, session) && isIdle(session, undefined, this.nowMs));
    return due.map(({ id }) => id);
  }

  list({ userId, orgId }: Identity): string[] {
    const own = this.sessions.filter((one) => one.userId === userId && one.orgId === orgId && one.status === 'active');
    return own.map(({ id }) => id).reverse();
  }

  usage(owner: Identity): Record<'user' | 'org' | 'all', Pick<LimitAnswer, 'active' | 'limit'>> {
    const [user, org, all] = (['user', 'org', 'global'] as const).map((scope) => {
      const { active, limit } = this.limits.get({ scope, ...owner });
      return { active, limit };
    });
    return { user, org, all } as ReturnType<ManagerModel['usage']>;
  }

  putLayer(input: LayerInput): { version: number; existed: boolean } {
    return this.layers.put(input);
  }

  private open(id: string, by: Caller = { kind: 'application' }): ModelSession {
    const session = this.sessions.find((one) => one.id === id);
    if (session?.status !== 'active' || !maySee(by, session)) throw new Refused('SESSION_NOT_FOUND');
    if (keepsAlive(by, session) && this.nowMs - session.lastActiveMs >= TOUCH_MS) session.lastActiveMs = this.nowMs;
    return session;
  }

  private withMcp(id: string, by: Caller, clientId: string): ModelSession {
    const session = this.open(id, by);
    if (!session.mcpClients.includes(clientId)) throw new Refused('MCP_CLIENT_NOT_FOUND');
    return session;
  }

  private withPath(id: string, by: Caller, path: string): ModelSession {
    const session = this.open(id, by);
    if (path.startsWith('..')) throw new Refused('PATH_OUTSIDE_WORKSPACE');
    return session;
  }

  private seatsIn(isIn: (session: Identity) => boolean): number {
    return this.sessions.filter(isIn).length;
  }

  private get nowSeconds(): number {
    return Math.floor(this.nowMs / 1000);
  }
}

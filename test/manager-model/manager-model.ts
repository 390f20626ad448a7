import { isDeepStrictEqual } from 'node:util';
import type { Caller, Identity } from '../../lib/identity.ts';
import { LayerModel, type LayerInput } from './layer-model.ts';
import { LimitModel, type LimitAnswer, type Presets } from './limit-model.ts';
import { Refused, copyOf, expectedOf, type Answer } from './answer.ts';
import { dueInTheWay, listed, mustBeSwept } from './due-model.ts';
import { filesOf } from './file-model.ts';
import { TOUCH_MS, isIdle, keepsAlive, maySee, merged, newSession, viewOf } from './model-session.ts';
import type { CreateInput, ModelSession, SessionView, SweepInput } from './model-session.ts';

export const MAX_MCP_CLIENTS = 2;
const KEY_SECONDS = 24 * 60 * 60;
/**
 * The whole manager as its contract tells it, in memory and one step after the other: what each call answers, and what
 * it changes. Refusals are thrown. Nothing of what `lib/` does is in it.
 */
export class ManagerModel {
  nowMs: number;
  readonly limits: LimitModel;
  readonly layers: LayerModel;
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
  create(
    { userId, orgId, key, idle }: CreateInput,
    newId: string,
    answer?: Answer,
  ): SessionView & { replayed: boolean } {
    const owner = { userId, orgId };
    const at = JSON.stringify([userId, orgId, key]);
    const request = JSON.stringify({ idle });
    const earlier = key === undefined ? undefined : this.keys[at];
    if (earlier && earlier.atSeconds + KEY_SECONDS > this.nowSeconds) {
      if (earlier.request !== request) throw new Refused('IDEMPOTENCY_CONFLICT');
      if (!this.isActive(earlier.sessionId)) throw new Refused('SESSION_ENDED');
      return { ...viewOf(this.open(earlier.sessionId)), replayed: true };
    }
    // One that was refused as it is now has ended none: an instance looks for them once in 5 s.
    // Each limit that refuses it in turn.
    for (let due = this.dueFor(owner); due.length > 0 && !this.isRefused(owner, answer); due = this.dueFor(owner))
      due.forEach((id) => this.free(id));
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

  setMetadata(id: string, by: Caller, metadata: Record<string, string>, version?: number): SessionView {
    const session = this.withVersion(id, by, version);
    session.metadata = metadata;
    session.version += 1;
    return viewOf(session);
  }

  mergeMetadata(id: string, by: Caller, patch: Record<string, string | null>, version?: number): SessionView {
    const session = this.withVersion(id, by, version);
    session.metadata = merged(session.metadata, patch);
    session.version += 1;
    return viewOf(session);
  }

  readPrompt(id: string, by: Caller): string {
    return this.open(id, by).prompt;
  }

  writePrompt(id: string, by: Caller, text: string): void {
    const session = this.open(id, by);
    session.prompt = text;
    session.version += 1;
  }

  listMcp(id: string, by: Caller): string[] {
    return [...this.open(id, by).mcpClients].sort();
  }

  addMcp(id: string, by: Caller, clientId: string): void {
    const session = this.open(id, by);
    const { mcpClients } = session;
    if (mcpClients.includes(clientId)) throw new Refused('MCP_CLIENT_EXISTS');
    if (mcpClients.length >= MAX_MCP_CLIENTS) throw new Refused('MCP_CLIENT_LIMIT');
    mcpClients.push(clientId);
    session.version += 1;
  }

  removeMcp(id: string, by: Caller, clientId: string): void {
    const session = this.withMcp(id, by, clientId);
    session.mcpClients.splice(session.mcpClients.indexOf(clientId), 1);
    session.version += 1;
  }

  callTool(id: string, by: Caller, clientId: string): string {
    this.withMcp(id, by, clientId);
    return `called by ${id}`;
  }

  writeFile(id: string, by: Caller, path: string, text: string): { existed: boolean } {
    return filesOf(this.open(id, by)).write(path, text);
  }

  readFile(id: string, by: Caller, path: string): string {
    return filesOf(this.open(id, by)).read(path);
  }

  transferFile(id: string, by: Caller, from: string, to: string, overwrite: boolean, moves: boolean): void {
    filesOf(this.open(id, by)).transfer(from, to, overwrite, moves);
  }

  deleteFile(id: string, by: Caller, path: string): void {
    filesOf(this.open(id, by)).delete(path);
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
    const isTakenBy = (sweep: SweepInput) =>
      (sweep.orgId === undefined || sweep.orgId === session.orgId) && isIdle(session, sweep.idle, this.nowMs);
    const isIdleForOne = [own, ...this.sweeping].some(isTakenBy);
    if (session.status === 'active' && !isIdleForOne) throw new Refused('not idle for long enough');
    session.status = 'ending';
  }

  /** Those that a sweep must find. The others that are idle it may find. */
  mustBeSwept(input: SweepInput): string[] {
    return mustBeSwept(this.sessions, input, this.nowMs);
  }

  list(of: { userId?: string; orgId: string }): string[] {
    return listed(this.sessions, of);
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

  /** Whether the limits are as that refusal found them: then none of those that are due has ended. */
  isRefused(owner: Identity, answer: Answer | undefined): boolean {
    const refusal = expectedOf(() => this.limits.checkRoomFor(owner));
    return isDeepStrictEqual(refusal, answer);
  }

  /** The manager ends them, and tries again. */
  dueFor(owner: Identity): string[] {
    return dueInTheWay(this.limits, this.sessions, owner, this.nowMs);
  }

  private isActive(id: string): boolean {
    return this.sessions.some((session) => session.id === id && session.status === 'active');
  }

  private open(id: string, by: Caller = { kind: 'application' }): ModelSession {
    const session = this.sessions.find((one) => one.id === id);
    if (session?.status !== 'active' || !maySee(by, session)) throw new Refused('SESSION_NOT_FOUND');
    if (keepsAlive(by, session) && this.nowMs - session.lastActiveMs >= TOUCH_MS) session.lastActiveMs = this.nowMs;
    return session;
  }

  private withVersion(id: string, by: Caller, version: number | undefined): ModelSession {
    const session = this.open(id, by);
    if (version !== undefined && version !== session.version) throw new Refused('SESSION_CONFLICT');
    return session;
  }

  private withMcp(id: string, by: Caller, clientId: string): ModelSession {
    const session = this.open(id, by);
    if (!session.mcpClients.includes(clientId)) throw new Refused('MCP_CLIENT_NOT_FOUND');
    return session;
  }

  private seatsIn(isIn: (session: Identity) => boolean): number {
    return this.sessions.filter(isIn).length;
  }

  private get nowSeconds(): number {
    return Math.floor(this.nowMs / 1000);
  }
}

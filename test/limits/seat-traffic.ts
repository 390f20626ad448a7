import { EVERYBODY } from '../../lib/limits/limit.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { SeatStore } from '../../lib/limits/seat-store.ts';
import type { SeatHistory } from './seat-history.ts';

/** A create as its caller saw it: between which moments of the history, and what came of it. */
export interface CreateCall {
  from: number;
  to: number;
  outcome: 'created' | 'refused' | 'contended';
}

interface CodedError {
  code?: string;
  details?: { scope?: string };
}

/** Callers of one or more instances: they create and end sessions and change the limit until they are told to stop. */
export class SeatTraffic {
  readonly calls: CreateCall[] = [];
  readonly open: string[] = [];
  private readonly history: SeatHistory;
  private readonly random: () => number;
  private stopped = false;

  constructor(history: SeatHistory, random: () => number) {
    this.history = history;
    this.random = random;
  }

  get active(): number {
    return this.history.moments.at(-1)?.active ?? 0;
  }

  /** Organisations of their own keep these creates from meeting anywhere but at the global limit. */
  async creator(manager: SessionManager, name: string): Promise<void> {
    while (!this.stopped) {
      const from = await this.history.now();
      const outcome = await this.create(manager, name);
      this.calls.push({ from, to: await this.history.now(), outcome });
    }
  }

  async create(manager: SessionManager, name: string): Promise<CreateCall['outcome']> {
    try {
      const { id } = await manager.createSession(name, name);
      this.open.push(id);
      return 'created';
    } catch (thrown) {
      const { code, details } = thrown as CodedError;
      if (code === 'MAX_SESSIONS_REACHED' && details?.scope === EVERYBODY.scope) return 'refused';
      if (code === 'CONTENTION') return 'contended';
      throw thrown;
    }
  }

  /** Ends sessions one by one, faster and slower as there are more and fewer of them. */
  async ender(manager: SessionManager): Promise<void> {
    while (!this.stopped) {
      const [id] = this.open.splice(Math.floor(this.random() * this.open.length), 1);
      if (id !== undefined) await ended(manager, id);
      await this.moments(Math.floor(this.random() * 3));
    }
  }

  setLimit(seats: SeatStore, limit: number, items: number): Promise<unknown> {
    return untilDone(() => seats.setLimit(EVERYBODY, limit, items));
  }

  /** Until it holds, or so much has happened meanwhile that it never may. */
  async until(holds: () => boolean): Promise<void> {
    const from = await this.history.now();
    while (!this.stopped && !holds() && (await this.history.now()) < from + ENOUGH) await this.moments(1);
  }

  /** Until so many creates more were answered. */
  async calling(more: number): Promise<void> {
    const wanted = this.calls.length + more;
    await this.until(() => this.calls.length >= wanted);
  }

  stop(): void {
    this.stopped = true;
  }

  /** Lets others go on; when nothing happens at all, for as long as something may be waiting. */
  private async moments(more: number): Promise<void> {
    const from = await this.history.now();
    for (let turn = 0; turn < 100 && this.history.moments.length < from + more; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

const ENOUGH = 1_000;

/** As a caller does that is told to come again. */
async function untilDone<T>(call: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt);
    } catch (thrown) {
      const again = (thrown as CodedError).code === 'CONTENTION' && attempt < 20;
      if (!again) throw thrown;
    }
  }
}

/** One that was told to come again may find that its first call has ended the session all the same. */
const ended = (manager: SessionManager, id: string): Promise<void> =>
  untilDone(async (attempt) => {
    try {
      await manager.cleanupSession(id);
    } catch (thrown) {
      if (attempt === 1 || (thrown as CodedError).code !== 'SESSION_NOT_FOUND') throw thrown;
    }
  });

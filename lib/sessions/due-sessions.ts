import { LRUCache } from 'lru-cache';
import pMap from 'p-map';
import pTimeout from 'p-timeout';
import type { ScopeOwner } from '../identity.ts';
import { lazily } from '../lazily.ts';
import { pathOf, seatsKey } from '../table/keys.ts';
import type { SessionItem } from '../table/session-item.ts';
import type { LogLines } from '../telemetry/log-lines.ts';
import type { SessionEnding } from './session-ending.ts';
import type { SessionListStore } from './session-list-store.ts';
import type { SessionStore } from './session-store.ts';

/** Called with each session that was ended, as it was before, and how long that took. */
type OnEnded = (session: SessionItem, durationMs: number) => Promise<void>;

interface Found {
  /** How many are not due any more: this instance or another one has ended them, or they were used. */
  settled: number;
  /** How many of those that were read are due and have not ended. */
  due: number;
}

/** A search in a scope. `found`: nothing where the scope could not be read. */
interface Search {
  found: Promise<Found | undefined>;
  isOver: boolean;
}

const MAX_SCOPES = 1_000;
/** A scope is read again after this, by each instance (ms). */
const READ_AGAIN_MS = 5_000;
/** How many sessions are read, and how many of them ended, while a caller waits. */
const READ_AT_ONCE = 100;
const ENDED_AT_ONCE = 10;
/** A caller waits no longer (ms); what has begun continues. */
const SEARCH_MS = 5_000;

/**
 * Ends sessions that are due in a scope whose limit refuses a create, so that no caller waits for the schedule's sweep
 * with an expired session in the way. What one call leaves, the next one or the sweep ends.
 */
export class DueSessions {
  private readonly store: SessionStore;
  private readonly lists: SessionListStore;
  private readonly ending: SessionEnding;
  private readonly log: LogLines;
  /** The last search, by scope. */
  private readonly searches: () => LRUCache<string, Search>;
  /** Where the next call goes on, by scope. */
  private readonly positions = lazily(() => new LRUCache<string, Record<string, string>>({ max: MAX_SCOPES }));

  constructor(store: SessionStore, lists: SessionListStore, ending: SessionEnding, log: LogLines, now: () => Date) {
    this.store = store;
    this.lists = lists;
    this.ending = ending;
    this.log = log;
    const perf = { now: () => now().getTime() };
    this.searches = lazily(() => new LRUCache({ max: MAX_SCOPES, ttl: READ_AGAIN_MS, ttlResolution: 0, perf }));
  }

  /** How many are due in the scope, where that is known. Never throws: the refusal is answered in any case. */
  async endSome(of: ScopeOwner, now: Date, onEnded: OnEnded): Promise<Found | undefined> {
    // All sessions together are the sweep's: the lists are by organisation and user.
    if (of.scope === 'global') return undefined;
    const id = pathOf(seatsKey(of));
    const earlier = this.searches().get(id);
    if (!earlier) return this.begin(this.search(of, id, now, onEnded), id);
    // Callers that come while it runs were refused before it freed seats, so what it settles counts for them too.
    const { isOver } = earlier;
    const found = await earlier.found;
    return found && isOver ? { ...found, settled: 0 } : found;
  }

  private async begin(found: Search['found'], id: string): Promise<Found | undefined> {
    const search = { found, isOver: false };
    this.searches().set(id, search);
    return found.finally(() => (search.isOver = true));
  }

  private async search(of: ScopeOwner, id: string, now: Date, onEnded: OnEnded): Promise<Found | undefined> {
    let found: Found | undefined;
    const work = async () => {
      const due = (await this.nextOf(of, id)).filter((session) => this.store.isDue(session, now));
      const counts = { settled: 0, due: due.length };
      found = counts;
      await pMap(due.slice(0, ENDED_AT_ONCE), (session) => this.end(session, counts, onEnded));
    };
    await pTimeout(work(), { milliseconds: SEARCH_MS }).catch((thrown: unknown) => this.log.dueSessionsNotRead(thrown));
    return found && { ...found };
  }

  private async nextOf(of: ScopeOwner, id: string): Promise<SessionItem[]> {
    const { sessionIds, next } = await this.lists.oldest(of, READ_AT_ONCE, this.positions().get(id));
    if (next) this.positions().set(id, next);
    else this.positions().delete(id);
    return this.store.getAll(sessionIds);
  }

  private async end(session: SessionItem, found: Found, onEnded: OnEnded): Promise<void> {
    const startedAt = performance.now();
    try {
      const isOurs = await this.ending.end(session.id, 'inactive', session.lastActiveAt);
      found.due--;
      found.settled++;
      if (isOurs) await onEnded(session, Math.round(performance.now() - startedAt));
    } catch (thrown) {
      this.log.sessionNotEnded(session.id, thrown);
    }
  }
}

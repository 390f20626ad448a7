import { eraIsDue } from './era-age.ts';
import type { McpClientItem, McpClientStore, McpConnectionState } from './mcp-client-store.ts';
import type { McpTarget } from './mcp-connector.ts';
import type { McpConnections } from './mcp-connections.ts';

/** A call that goes well waits no longer than this for the look, once a day (ms). */
const LOOK_MS = 2_000;

export interface EraLookUses {
  readonly store: McpClientStore;
  readonly connections: McpConnections;
  readonly now: () => Date;
}

/** What is looked at: a stored client, and how to reach its server. */
export interface LookedAt {
  sessionId: string;
  item: McpClientItem;
  target: McpTarget;
}

/**
 * A look at the era of a server during a use of its connection. It changes nothing during the use: a server that speaks
 * 2026-07-28 by now still knows the session.
 */
export class EraLook {
  readonly #looked: LookedAt;
  readonly #uses: EraLookUses;
  #found: Promise<McpConnectionState | undefined> | undefined;

  constructor(looked: LookedAt, uses: EraLookUses) {
    this.#looked = looked;
    this.#uses = uses;
  }

  begin(): void {
    const { item, target } = this.#looked;
    if (target.address.type !== 'http' || !eraIsDue(item.connection, this.#uses.now())) return;
    const timeoutMs = Math.min(target.timeoutMs, LOOK_MS);
    const name = JSON.stringify(['era', target.credentialsId, item.connection.connectionId]);
    // What failed says nothing about the era: the one that is stored counts for another day.
    this.#found = this.#uses.connections
      .once(name, () => this.#uses.connections.look({ ...target, timeoutMs }))
      .catch(() => undefined);
  }

  /** Stores what was found. What cannot be stored is found again by the next use. */
  async end(): Promise<void> {
    if (this.#found === undefined) return;
    const found = await this.#found;
    await (found ? this.#replace(found) : this.#note()).catch(() => undefined);
  }

  async #replace(found: McpConnectionState): Promise<void> {
    const { sessionId, item, target } = this.#looked;
    const { store, connections } = this.#uses;
    if (await store.replaceConnection(sessionId, item, found)) {
      await connections.terminateReplaced(sessionId, item, target);
    }
  }

  #note(): Promise<void> {
    const { sessionId, item } = this.#looked;
    const { connectionId } = item.connection;
    const eraFoundAt = this.#uses.now().toISOString();
    return this.#uses.store.noteEra(sessionId, item.clientId, { connectionId, era: 'legacy', eraFoundAt });
  }
}

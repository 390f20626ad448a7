import pTimeout from 'p-timeout';
import { McpConnectionError } from '../errors.ts';
import { McpSessionGone, type McpConnection, type McpTarget } from './mcp-connector.ts';
import type { McpConnections } from './mcp-connections.ts';
import { EraLook } from './era-look.ts';
import type { McpClientItem, McpClientStore, McpConnectionState } from './mcp-client-store.ts';

type Use<T> = (connection: McpConnection) => Promise<T>;

export interface ResumptionUses {
  readonly store: McpClientStore;
  readonly connections: McpConnections;
  readonly now: () => Date;
}

export interface StoredClient {
  sessionId: string;
  item: McpClientItem;
  target: McpTarget;
  /** As it is stored now. Throws if it is not, or its session has ended. */
  current: () => Promise<McpClientItem>;
}

/**
 * One use of a client's stored connection, in the client's time. A request that may have been executed is never sent again:
 *
 * - If the server does not know the session, a new one is initialized, and the request is sent there.
 * - If a request fails in another way, the stored connection is marked. The next use asks the server something harmless
 *   first, and initializes a new session only if that fails too: a healthy session survives an overloaded server.
 * - If the era of the server is due, it is looked at during the use, and what is found is stored after it.
 */
export class Resumption {
  readonly #client: StoredClient;
  readonly #uses: ResumptionUses;
  readonly #target: () => McpTarget;
  /** What is stored. */
  #isSuspect: boolean;
  #termination: Promise<void> | undefined;

  constructor(client: StoredClient, uses: ResumptionUses) {
    this.#client = client;
    this.#uses = uses;
    this.#target = within(client.target);
    this.#isSuspect = client.item.connection.isSuspect === true;
  }

  async run<T>(use: Use<T>): Promise<T> {
    const { sessionId, item } = this.#client;
    const look = new EraLook({ sessionId, item, target: this.#target() }, this.#uses);
    look.begin();
    try {
      return await this.#resumedOrRenewed(use);
    } finally {
      await look.end();
      await this.#termination;
    }
  }

  async #resumedOrRenewed<T>(use: Use<T>): Promise<T> {
    const { connection: stored } = this.#client.item;
    if (!this.#isSuspect || (await this.#isAlive(stored))) {
      try {
        return await this.#closing(await this.#resume(stored), use);
      } catch (thrown) {
        if (!(thrown instanceof McpSessionGone)) throw thrown;
      }
    }
    try {
      return await this.#closing(await this.#renewed(), use);
    } catch (thrown) {
      if (!(thrown instanceof McpSessionGone)) throw thrown;
      throw new McpConnectionError('forgets its sessions at once', thrown, thrown.cause.details);
    }
  }

  #resume(state: McpConnectionState): Promise<McpConnection> {
    return this.#uses.connections.resume(this.#target(), state);
  }

  /** If so, the mark is removed. */
  async #isAlive(stored: McpConnectionState): Promise<boolean> {
    const connection = await this.#resume(stored);
    const isAlive = await connection.isAlive().finally(() => connection.close());
    if (isAlive) await this.#mark(stored, false);
    return isAlive;
  }

  async #closing<T>(connection: McpConnection, use: Use<T>): Promise<T> {
    try {
      return await use(connection);
    } finally {
      await connection.close();
      if (connection.isSuspect) await this.#mark(connection.state, true);
      await this.#keepEra(connection.state);
    }
  }

  /** A session for one use was initialized again: that may have shown another era, or the same one after a day. */
  async #keepEra(found: McpConnectionState): Promise<void> {
    const { sessionId, item } = this.#client;
    if (item.address.type === 'http' || found.eraFoundAt === item.connection.eraFoundAt) return;
    await this.#uses.store.replaceConnection(sessionId, item, found).catch(() => undefined);
  }

  /** What cannot be stored is not what failed: the next use finds out by itself. */
  async #mark({ connectionId }: McpConnectionState, isSuspect: boolean): Promise<void> {
    const { sessionId, item } = this.#client;
    if (connectionId === item.connection.connectionId && isSuspect === this.#isSuspect) return;
    this.#isSuspect = isSuspect;
    await this.#uses.store.markConnection(sessionId, item.clientId, { connectionId, isSuspect }).catch(() => undefined);
  }

  /** Uses of the same client in this process share what one of them initializes. */
  async #renewed(): Promise<McpConnection> {
    const { credentialsId, timeoutMs } = this.#target();
    const dead = JSON.stringify([credentialsId, this.#client.item.connection.connectionId]);
    let own: McpConnection | undefined;
    const renewing = this.#uses.connections.once(dead, async () => {
      own = await this.#renew();
      return own.state;
    });
    const message = new McpConnectionError('did not answer in time');
    const state = await pTimeout(renewing, { milliseconds: timeoutMs, message });
    return own ?? this.#resume(state);
  }

  /** Replaces the dead connection. If several instances do so at the same time, the first new one is kept. */
  async #renew(): Promise<McpConnection> {
    const { sessionId, item, current } = this.#client;
    const { store, connections } = this.#uses;
    const { connection: found } = await current();
    if (found.connectionId !== item.connection.connectionId) return this.#resume(found);
    const connection = await connections.connect(this.#target());
    try {
      if (await store.replaceConnection(sessionId, item, connection.state)) {
        this.#termination = connections.terminateReplaced(sessionId, item, this.#target());
        return connection;
      }
    } catch (thrown) {
      await this.#abandon(connection);
      throw thrown;
    }
    await this.#abandon(connection);
    return this.#resume((await current()).connection);
  }

  async #abandon(connection: McpConnection): Promise<void> {
    const { sessionId, item } = this.#client;
    await this.#uses.connections.terminate(sessionId, item.clientId, connection);
    await connection.close();
  }
}

/** Returns the target with the time that is left at each call. */
function within(target: McpTarget): () => McpTarget {
  const stopAt = performance.now() + target.timeoutMs;
  return () => ({ ...target, timeoutMs: Math.max(1, Math.ceil(stopAt - performance.now())) });
}

import type { LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  guardedFetch,
  type FetchPolicy,
  type GuardedFetch,
} from '../../../lib/mcp-clients/transports/guarded-fetch.ts';
import { serveHttp, type CountingServer } from './hostile-servers.ts';

export const FORBIDDEN = { code: 'MCP_ENDPOINT_FORBIDDEN' };
export const CONNECTION = { code: 'MCP_CONNECTION' };

export const v4 = (address: string): LookupAddress => ({ address, family: 4 });
export const v6 = (address: string): LookupAddress => ({ address, family: 6 });
export const HERE = v4('127.0.0.1');

interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Two servers that answer alike, guarded fetches that may reach them, and the names that these resolve. */
export class GuardedStage {
  /** Where names lead, by name; each answer is for one look-up, the last for all that follow. */
  names: Record<string, LookupAddress[][]> = {};
  lookups: string[] = [];
  /** The requests of either server. */
  seen: Seen[] = [];
  answer: (response: ServerResponse, seen: Seen) => void = HERE_IT_IS;
  readonly server: CountingServer;
  readonly other: CountingServer;
  private readonly fetches: GuardedFetch[] = [];

  private constructor(server: CountingServer, other: CountingServer) {
    this.server = server;
    this.other = other;
  }

  static async start(): Promise<GuardedStage> {
    const listen = () =>
      serveHttp((request, response) => {
        void text(request).then((body) => {
          const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
          started.seen.push(seen);
          started.answer(response, seen);
        });
      });
    const started = new GuardedStage(await listen(), await listen());
    return started;
  }

  reset(): void {
    this.names = {};
    this.lookups = [];
    this.seen = [];
    this.answer = HERE_IT_IS;
  }

  async destroyFetches(): Promise<void> {
    await Promise.all(this.fetches.splice(0).map((guarded) => guarded.destroy()));
  }

  async stop(): Promise<void> {
    await this.server.close();
    await this.other.close();
  }

  guarded(policy: Partial<FetchPolicy> = {}): GuardedFetch {
    const lookup = async (name: string) => {
      this.lookups.push(name);
      const answers = this.names[name] ?? [];
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    };
    const made = guardedFetch({ loopback: true, maxBytes: 1_000_000, connectTimeoutMs: 2_000, lookup, ...policy });
    this.fetches.push(made);
    return made;
  }

  at(host: string, path = '/'): string {
    return `http://${host}:${this.server.port}${path}`;
  }
}

const HERE_IT_IS = (response: ServerResponse): void => void response.end('here');

import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from '@modelcontextprotocol/client';
import { McpConnectionError } from '../../../errors.ts';
import { HttpRefusal } from '../answers/http-refusal.ts';
import { McpError } from '../answers/mcp-error.ts';
import { ClosedConnectionError } from '../fetch-failure.ts';
import type { RpcPeer } from '../rpc-peer.ts';
import { discover, EndedByQuestion, NotModern } from './discover.ts';
import { initialize } from './initialize.ts';
import type { Introduction } from './introduction.ts';

/** A server that says nothing for so long, or for a quarter of its time, is initialized (ms). A cold start may take seconds. */
const SILENCE_MS = 4_000;

export type ContactTransport = Transport & { readonly failure?: Error | undefined };

/** Finds out what a server speaks. A server is asked again and initialized again as often as needed: neither does anything. */
export class FirstContact {
  private readonly peer: RpcPeer;
  private readonly transport: ContactTransport;
  private readonly silenceMs: number;

  constructor(peer: RpcPeer, transport: ContactTransport, timeoutMs: number) {
    this.peer = peer;
    this.transport = transport;
    this.silenceMs = Math.min(SILENCE_MS, timeoutMs / 4);
  }

  /**
   * One that is silent, or says nothing of its era, is initialized too: servers of the era before may answer anything to a
   * request without a session, and none at all. Throws `EndedByQuestion` for a process that has.
   */
  async modernFirst(): Promise<Introduction> {
    const asked = discover(this.peer).catch((thrown: unknown) => this.judge(thrown));
    const silence = sleep(this.silenceMs, 'silence' as const, { ref: false });
    const answer = await Promise.race([asked, silence]).catch(ifNotModern((notModern) => notModern));
    if (answer instanceof NotModern) return { ...(await this.initialized()), isCertain: answer.isCertain };
    return answer === 'silence' ? this.initializedOrLate(asked) : answer;
  }

  /** Where it is known to be of the era before: its error may say that it is not any more. */
  async legacyFirst(): Promise<Introduction> {
    try {
      return await this.initialized();
    } catch (thrown) {
      if (!(thrown instanceof McpError)) throw thrown;
      return await discover(this.peer).catch(() => {
        throw thrown;
      });
    }
  }

  initialized(): Promise<Introduction> {
    return initialize(this.peer, this.transport);
  }

  /** A slow answer counts, but over HTTP it comes too late when a session is open. A process that is silent is not modern. */
  private async initializedOrLate(asked: Promise<Introduction>): Promise<Introduction> {
    const initialized = this.initialized();
    try {
      if (!this.isProcess) return { ...(await initialized), isCertain: false };
      return await Promise.any([asked, initialized]);
    } catch {
      return await Promise.race([asked, initialized]).catch((thrown: unknown) => {
        if (thrown instanceof EndedByQuestion) throw thrown;
        return initialized;
      });
    }
  }

  private get isProcess(): boolean {
    return this.transport.hasPerRequestStream !== true;
  }

  private judge(thrown: unknown): never {
    if (this.isProcess) throw hasEnded(this.transport.failure) ? new EndedByQuestion({ cause: thrown }) : thrown;
    // A status that says nothing, or no answer.
    const saysNothing = thrown instanceof HttpRefusal || thrown instanceof ClosedConnectionError;
    throw saysNothing ? new NotModern({ cause: thrown, isCertain: false }) : thrown;
  }
}

/** What `then` makes of the answer of a server that is there and not modern. */
export const ifNotModern =
  <T>(then: (answer: NotModern) => T) =>
  (thrown: unknown): T => {
    if (thrown instanceof NotModern && !(thrown instanceof EndedByQuestion)) return then(thrown);
    throw thrown;
  };

/** By itself: what cannot be read is ended by this side. */
const hasEnded = (failure: Error | undefined): boolean =>
  failure instanceof McpConnectionError && ('exitCode' in failure.details || 'signal' in failure.details);

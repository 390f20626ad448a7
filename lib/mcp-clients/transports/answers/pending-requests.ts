import type { JSONRPCMessage, JSONRPCRequest, Transport } from '@modelcontextprotocol/client';
import { Incoming } from './incoming.ts';

/** The requests of a transport whose answers come over one stream, in any order. */
export class PendingRequests {
  private readonly incoming: Incoming;
  private readonly waiting = new Set<JSONRPCRequest>();

  constructor(transport: Transport) {
    this.incoming = new Incoming(transport);
  }

  /** A message that was sent: a request waits for its answer. */
  add(message: JSONRPCMessage): void {
    if ('method' in message && 'id' in message) this.waiting.add(message);
  }

  /** Passes on the messages of a text; one that is not JSON is passed over. */
  passLine(text: string): void {
    try {
      for (const answered of this.incoming.pass(text, [...this.waiting])) this.waiting.delete(answered);
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
  }
}

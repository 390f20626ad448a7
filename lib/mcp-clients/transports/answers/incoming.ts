import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { McpConnectionError } from '../../../errors.ts';
import { answerForSdk, answers, messagesIn } from './rpc-message.ts';

/** Each request of a server is answered with a POST of ours: without a bound, 12 MiB of them make 200,000. */
const MAX_REQUESTS = 50;

/** Passes on what a server sends: answers to the requests that wait for one, once, and requests and notifications of its own. */
export class Incoming {
  private readonly transport: Transport;
  private requests = 0;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Those of `waiting` that `text` answers. Throws a `SyntaxError` for what is not JSON. */
  pass(text: string, waiting: readonly JSONRPCRequest[]): JSONRPCRequest[] {
    const answered = new Set<JSONRPCRequest>();
    for (const message of messagesIn(text)) {
      if ('own' in message) {
        if (message.asks && ++this.requests > MAX_REQUESTS) {
          throw new McpConnectionError(`sends more than ${MAX_REQUESTS} requests of its own`);
        }
        this.transport.onmessage?.(message.own);
        continue;
      }
      const request = waiting.find((candidate) => answers(message, candidate, waiting.length === 1));
      if (request === undefined || answered.has(request)) continue;
      answered.add(request);
      this.transport.onmessage?.(answerForSdk(request, message));
    }
    return [...answered];
  }
}

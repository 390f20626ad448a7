import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What an invocation comes to. */
export type Outcome = { answer: unknown } | { error: { errorType: string; errorMessage: string; trace: string[] } };

interface Invocation {
  requestId: string;
  event: unknown;
  settle: (outcome: Outcome) => void;
}

/** Lambda's Runtime API: hands events to whoever asks for the next one, and takes what came of them. */
export class RuntimeApi {
  private readonly timeoutMs: number;
  private readonly server: Server;
  private readonly waiting: Invocation[] = [];
  private readonly running = new Map<string, Invocation>();
  private poll: ServerResponse | undefined;

  constructor(timeoutSeconds: number) {
    this.timeoutMs = timeoutSeconds * 1000;
    // A function may be busy for longer than Node keeps a connection, and then answers on one that is being closed.
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.serve(request, response));
  }

  /** Gives `host:port`. */
  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  invoke(event: unknown): Promise<Outcome> {
    return new Promise((settle) => {
      this.waiting.push({ requestId: randomUUID(), event, settle });
      this.handOut();
    });
  }

  /** Nothing comes any more: all that waits fails. */
  abort(reason: string): void {
    for (const { settle } of [...this.waiting, ...this.running.values()]) {
      settle({ error: { errorType: 'Runtime.ExitError', errorMessage: reason, trace: [] } });
    }
  }

  private handOut(): void {
    const invocation = this.poll && this.waiting.shift();
    if (!invocation) return;
    this.running.set(invocation.requestId, invocation);
    this.poll?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.requestId,
      'lambda-runtime-deadline-ms': Date.now() + this.timeoutMs,
    });
    this.poll?.end(JSON.stringify(invocation.event));
    this.poll = undefined;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, kind, requestId = '', what] =
      /^\/2018-06-01\/runtime\/(invocation|init)\/([\w-]+)(?:\/(response|error))?$/.exec(request.url ?? '') ?? [];
    if (kind === 'invocation' && requestId === 'next') {
      this.poll = response;
      this.handOut();
      return;
    }
    const body = await json(request);
    if (kind === 'init') this.abort(`the bundle did not load: ${JSON.stringify(body)}`);
    this.running.get(requestId)?.settle((what === 'error' ? { error: body } : { answer: body }) as Outcome);
    this.running.delete(requestId);
    response.writeHead(202).end('{"status":"OK"}');
  }
}

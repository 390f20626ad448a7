import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Exchange {
  /** Of DynamoDB, such as `GetItem`. */
  operation: string;
  request: string;
  answer: string;
}

/**
 * Stands between a function and DynamoDB Local: passes requests on and keeps what was said, until it is told to give the
 * kept answers itself, in their order, as often as it is asked. In a process of its own, whose work is not measured.
 */
export class RecordedTable {
  readonly url: string;
  private readonly server: Server;
  private readonly behind: string;
  private recorded: Exchange[] = [];
  private replayed: Map<string, Exchange[]> | undefined;

  private constructor(server: Server, behind: string) {
    this.server = server;
    this.behind = behind;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      this.answer(request).then(
        (answer) => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(answer),
        (thrown: unknown) => response.writeHead(500).end(String(thrown)),
      );
    });
  }

  static async start(behind: string): Promise<RecordedTable> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new RecordedTable(server, behind);
  }

  /** What was said since the last time. */
  take(): Exchange[] {
    return this.recorded.splice(0);
  }

  replay(exchanges: readonly Exchange[]): void {
    this.replayed = new Map();
    for (const exchange of exchanges) {
      this.replayed.set(exchange.operation, [...(this.replayed.get(exchange.operation) ?? []), exchange]);
    }
  }

  record(): void {
    this.replayed = undefined;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(incoming: IncomingMessage): Promise<string> {
    const request = (await buffer(incoming)).toString('utf8');
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] as string;
    if (this.replayed) return this.nextOf(operation);
    const sent = ['authorization', 'content-type', 'x-amz-date', 'x-amz-target'];
    const headers = Object.fromEntries(sent.map((name) => [name, String(incoming.headers[name])]));
    const response = await fetch(this.behind, {
      method: 'POST',
      headers,
      body: request,
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(answer);
    this.recorded.push({ operation, request, answer });
    return answer;
  }

  private nextOf(operation: string): string {
    const answers = this.replayed?.get(operation) ?? [];
    const next = answers.shift();
    if (!next) throw new Error(`no ${operation} was recorded`);
    answers.push(next);
    return next.answer;
  }
}

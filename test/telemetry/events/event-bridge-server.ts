import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';

/** As it comes over the wire: times are seconds since the epoch. */
export type SentEntry = Omit<PutEventsRequestEntry, 'Time'> & { Time?: number };

type Refusal = (entry: SentEntry) => string | undefined;

const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;

/** EventBridge's PutEvents behind HTTP: AWS JSON 1.1, with its limits. */
export class EventBridgeServer {
  /** Each entry that was taken. */
  readonly taken: SentEntry[] = [];
  /** How many entries each request had, refused ones included. */
  readonly asked: number[] = [];
  /** The next requests are refused as a whole, by these codes. */
  readonly failures: string[] = [];
  /** Of one entry: the code by which it is refused, the others of its request being taken. */
  refuses: Refusal = () => undefined;
  /** Never answers. */
  hangs = false;
  private readonly server = createServer((request, response) => void this.serve(request, response));

  static async start(): Promise<EventBridgeServer> {
    const bus = new EventBridgeServer();
    bus.server.listen(0, '127.0.0.1');
    await once(bus.server, 'listening');
    return bus;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.taken.length = 0;
    this.asked.length = 0;
    this.failures.length = 0;
    this.refuses = () => undefined;
    this.hangs = false;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { Entries } = JSON.parse(body) as { Entries: SentEntry[] };
    this.asked.push(Entries.length);
    if (this.hangs) return;
    const failure = request.headers['x-amz-target'] === 'AWSEvents.PutEvents' ? this.failures.shift() : 'NoSuchAction';
    if (failure) return answer(response, 400, { __type: failure, message: `${failure}, says EventBridge` });
    const bytes = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (Entries.length > MAX_ENTRIES || bytes > MAX_BYTES) {
      return answer(response, 400, { __type: 'ValidationException', message: 'too many or too large' });
    }
    const results = Entries.map((entry) => {
      const ErrorCode = this.refuses(entry);
      if (ErrorCode !== undefined) return { ErrorCode, ErrorMessage: `${ErrorCode}, says EventBridge` };
      this.taken.push(entry);
      return { EventId: randomUUID() };
    });
    answer(response, 200, {
      FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
      Entries: results,
    });
  }
}

/** As the service counts. */
const sizeOf = ({ Time, Source = '', DetailType = '', Detail = '' }: SentEntry): number =>
  (Time === undefined ? 0 : 14) + [Source, DetailType, Detail].reduce((sum, part) => sum + Buffer.byteLength(part), 0);

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}

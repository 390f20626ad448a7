import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { serve, type HttpServer, type RpcRequest } from '../http-servers.ts';
import { httpHandler, type Mode } from './two-eras.ts';

/** A server of the official SDK over HTTP, whose era changes when it is told to; it forgets its sessions then. */
export class ErasServer {
  /** The methods that it was asked. */
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly bodies: RpcRequest[] = [];
  /** The numbers of the calls that were executed. */
  readonly executed: number[] = [];
  private handler: (request: Request) => Promise<Response>;
  private server: HttpServer | undefined;

  private constructor(mode: Mode) {
    this.handler = this.handlerOf(mode);
  }

  static async start(mode: Mode): Promise<ErasServer> {
    const eras = new ErasServer(mode);
    eras.server = await serve((incoming, response) => {
      void eras.answer(incoming, response).catch(() => response.destroy());
    });
    return eras;
  }

  get url(): string {
    return this.server?.url ?? '';
  }

  /** As another process on the same port. */
  restartAs(mode: Mode): void {
    this.handler = this.handlerOf(mode);
  }

  async close(): Promise<void> {
    await this.server?.close();
  }

  private handlerOf(mode: Mode) {
    return httpHandler(mode, (n) => void this.executed.push(n));
  }

  private async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = incoming;
    const body = await buffer(incoming);
    const request = body.length > 0 ? (JSON.parse(body.toString()) as RpcRequest) : undefined;
    this.asked.push(request?.method ?? method);
    this.headers.push(headers);
    if (request) this.bodies.push(request);
    const given = await this.handler(
      new Request(this.url, {
        method,
        headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
        ...(body.length > 0 && { body }),
      }),
    );
    response.writeHead(given.status, Object.fromEntries(given.headers));
    response.end(Buffer.from(await given.arrayBuffer()));
  }
}

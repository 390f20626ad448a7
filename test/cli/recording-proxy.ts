import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

interface Proxied {
  /** `CONNECT sessions.invalid:443`, or a method with the whole address. */
  asked: string;
  headers: IncomingHttpHeaders;
}

/** A proxy on 127.0.0.1 that plays the servers behind it, and keeps what it is sent. */
export class RecordingProxy {
  received: Proxied[] = [];
  /** The bytes that came through a tunnel. */
  tunnelled: Buffer[] = [];
  /** Of CONNECT. */
  status = 200;
  answer: (response: ServerResponse, url: URL) => void = (response) => void response.end('{}');
  private readonly server: Server;
  private readonly tunnels = new Set<Socket>();

  constructor() {
    this.server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      this.received.push({ asked: `${method} ${url}`, headers });
      request.resume().on('end', () => this.answer(response, new URL(url, 'http://none.invalid')));
    });
    this.server.on('connect', ({ url = '', headers }, socket: Socket) => {
      this.received.push({ asked: `CONNECT ${url}`, headers });
      this.tunnels.add(socket);
      socket.write(`HTTP/1.1 ${this.status} Told\r\n\r\n`);
      socket.once('data', (bytes: Buffer) => {
        this.tunnelled.push(bytes);
        socket.destroy();
      });
      socket.on('error', () => undefined);
    });
  }

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get asked(): string[] {
    return this.received.map(({ asked }) => asked);
  }

  close(): void {
    this.tunnels.forEach((socket) => socket.destroy());
    this.server.close().closeAllConnections();
  }
}

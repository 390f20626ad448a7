import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Writable } from 'node:stream';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server on 127.0.0.1 that counts what it sees and sends. */
export interface CountingServer {
  port: number;
  url: string;
  /** Of all connections so far. */
  connections(): number;
  open(): number;
  bytesSent(): number;
  /** Resolves when no connection is open any more. */
  idle(): Promise<void>;
  hangUp(): void;
  close(): Promise<void>;
}

export const serveHttp = (listener: RequestListener) => counting(createServer({ keepAliveTimeout: 60_000 }, listener));

/** A server that speaks whatever it likes. It is asked when the first bytes have come. */
export const serveTcp = (answer: (socket: Socket) => void) =>
  counting(createTcpServer((socket) => void socket.once('data', () => answer(socket)).resume()));

async function counting(server: Server): Promise<CountingServer> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened = () => sockets.filter((socket) => !socket.closed);
  const hangUp = () => opened().forEach((socket) => socket.destroy());
  return {
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    connections: () => sockets.length,
    open: () => opened().length,
    bytesSent: () => sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0),
    idle: async () => void (await Promise.all(opened().map(closed))),
    hangUp,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        hangUp();
      }),
  };
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

/** Writes `piece` `times` times, as fast as the other side reads. */
export async function pour(to: Writable, piece: Buffer | string, times = Infinity): Promise<void> {
  const gone = new AbortController();
  to.once('close', () => gone.abort()).on('error', () => gone.abort());
  for (let sent = 0; sent < times && !gone.signal.aborted; sent++) {
    if (!to.write(piece)) await once(to, 'drain', { signal: gone.signal }).catch(() => undefined);
    // Others have their turn too.
    else if (sent % 16 === 15) await new Promise(setImmediate);
  }
}

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { lazily } from '../lib/lazily.ts';
import { serveApiDocs } from './api-docs.ts';
import { serveRoutes } from './api-gateway.ts';
import type { EventFeed } from './event-feed.ts';
import { serveEvents } from './event-stream.ts';
import type { TokenVerifier } from './jwt/token-verifier.ts';
import { serveInvoke } from './lambda-invoke-api.ts';
import { refuseOtherMethods } from './other-methods.ts';
import { StartError } from './start-error.ts';

const HOST = '127.0.0.1';
/** API Gateway's. */
const MAX_BODY_BYTES = 10_000_000;
const MAX_PARAMETER_LENGTH = 8_192;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** How often connections are checked for a timeout. */
const CHECK_MS = 500;
/** By what Node calls the error of a connection. */
const CONNECTION_STATUSES: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

export interface HttpServer {
  /** The one it is bound to. */
  port: number;
  /** Requests that run are answered, all others are refused. */
  close: () => Promise<void>;
  /** Closes the connections that `close` waits for. */
  cut: () => void;
}

export interface HttpServerOptions {
  /** For a whole request to arrive, and between two requests of a connection (ms). */
  timeoutMs: number;
  verifier?: TokenVerifier | undefined;
}

/** The one-machine server. */
export async function startHttpServer(
  port: number,
  feed: EventFeed,
  { timeoutMs, verifier }: HttpServerOptions,
): Promise<HttpServer> {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    requestTimeout: timeoutMs,
    keepAliveTimeout: timeoutMs,
    http: { headersTimeout: timeoutMs, connectionsCheckingInterval: Math.min(CHECK_MS, timeoutMs) },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (_error, _request, reply: FastifyReply) => {
      void reply.code(400).send({ message: 'Bad Request' });
    },
  });
  app.removeAllContentTypeParsers();
  // Fastify refuses types that are none. The gateway passes them on, and takes the body for bytes.
  app.addHook('onRequest', async ({ raw }) => void delete raw.headers['content-type']);
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  refuseWhenClosing(app);
  refuseWebPages(app);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not Found' }));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ message: STATUS_CODES[status] });
  });
  const serveOtherMethods = refuseOtherMethods(app);
  serveRoutes(app, verifier);
  await serveApiDocs(app);
  serveInvoke(app);
  serveEvents(app, feed, { verifier });
  serveOtherMethods();
  await listen(app, port);
  const address = app.server.address();
  const close = lazily(() => app.close());
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close,
    cut: () => app.server.closeAllConnections(),
  };
}

/** What is no request, or none that arrives in time. */
function refuseConnection({ code }: NodeJS.ErrnoException, socket: Socket): void {
  const status = CONNECTION_STATUSES[code ?? ''] ?? 400;
  const said = STATUS_CODES[status] as string;
  const body = JSON.stringify({ message: said });
  const headers = `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`;
  if (socket.writable) socket.write(`HTTP/1.1 ${status} ${said}\r\n${headers}\r\n\r\n${body}`);
  socket.destroy();
}

/** A stop waits for what runs, and not for what is still arriving. */
function refuseWhenClosing(app: FastifyInstance): void {
  const arriving = new Set<FastifyReply>();
  app.addHook('onRequest', async (_request, reply) => void arriving.add(reply));
  app.addHook('preHandler', async (_request, reply) => void arriving.delete(reply));
  app.addHook('onResponse', async (_request, reply) => void arriving.delete(reply));
  let isClosing = false;
  // The stop would wait for a connection that stays open.
  app.addHook('onSend', async (_request, reply) => void (isClosing && reply.header('connection', 'close')));
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const reply of arriving) {
      const { raw } = reply.hijack();
      if (!raw.headersSent) raw.writeHead(503, { connection: 'close', 'content-type': 'application/json' });
      raw.end('{"message":"Service Unavailable"}', () => raw.socket?.destroySoon());
    }
  });
}

/** Whoever runs this trusts the programs on the machine, but not the pages that a browser on it shows. */
function refuseWebPages(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const host = request.headers.host?.toLowerCase() ?? '';
    const isLocal = LOOPBACK.has(host.replace(/:\d+$/, ''));
    const { origin } = request.headers;
    const isOwnPage = origin === undefined || origin === `http://${host}`;
    if (!isLocal || !isOwnPage) return reply.code(403).send({ message: 'Forbidden' });
  });
}

async function listen(app: FastifyInstance, port: number): Promise<void> {
  try {
    await app.listen({ host: HOST, port });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartError(`Port ${port} is in use: stop what uses it, or set PORT to another.`);
    if (code === 'EACCES') throw new StartError(`Port ${port} may not be used by this user: set PORT to another.`);
    throw thrown;
  }
}

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

/** How often connections are looked at that may have had their time. */
const CHECK_MS = 500;

export interface HttpServer {
  /** The one it is bound to. */
  port: number;
  /** Requests that run are answered, all others are refused. */
  close: () => Promise<void>;
  /** Ends what `close` waits for. */
  cut: () => void;
}

export interface HttpServerOptions {
  /** For a whole request to arrive, and between two of them (ms). */
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
    return reply.code(status).send({ message: status < 500 ? error.message : 'Internal Server Error' });
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

/** A stop waits for what runs, and not for what is still arriving. */
function refuseWhenClosing(app: FastifyInstance): void {
  const arriving = new Set<FastifyReply>();
  app.addHook('onRequest', async (_request, reply) => void arriving.add(reply));
  app.addHook('preHandler', async (_request, reply) => void arriving.delete(reply));
  app.addHook('onResponse', async (_request, reply) => void arriving.delete(reply));
  let isClosing = false;
  // A connection that is kept would be waited for.
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

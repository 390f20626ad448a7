import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

const VIEWER = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const FILES = { 'swagger-ui.css': 'text/css', 'swagger-ui-bundle.js': 'text/javascript' } as const;

/** Everything that the page shows and runs comes from this server. */
const CONTENT = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    frameAncestors: ["'none'"],
  },
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Agent session manager</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <script src="/docs/swagger-ui-bundle.js" defer></script>
    <script src="/docs/start.js" defer></script>
  </head>
  <body><div id="api"></div></body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', validatorUrl: null, deepLinking: true });\n`;

const WITH_HEAD = { exposeHeadRoute: true };

/** Serves the description of the API as a page to read and try out: Swagger UI, from the installed package. */
export async function serveApiDocs(app: FastifyInstance): Promise<void> {
  // A scope of its own: answers of the API have the headers that they have on AWS. There is no HTTPS here to insist on.
  await app.register(async (pages) => {
    await pages.register(helmet, { contentSecurityPolicy: CONTENT, strictTransportSecurity: false });
    pages.get('/', WITH_HEAD, (_request, reply) => reply.redirect('/docs/'));
    for (const page of ['/docs', '/docs/']) {
      pages.get(page, WITH_HEAD, (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
    }
    pages.get('/docs/start.js', WITH_HEAD, (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').send(START),
    );
    for (const [name, type] of Object.entries(FILES)) {
      pages.get(`/docs/${name}`, WITH_HEAD, async (_request, reply) =>
        reply.type(`${type}; charset=utf-8`).send(await readFile(path.join(VIEWER, name))),
      );
    }
  });
}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { FunctionInstance } from './function-instance.ts';

/** Lambda's Invoke API before running instances, by name. Gives its URL and what stops it. */
export async function serveInvocations(instances: FunctionInstance[]): Promise<{ url: string; stop: () => void }> {
  const server: Server = createServer((request, response) => {
    const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? [];
    const instance = instances.find((candidate) => candidate.name === decodeURIComponent(name));
    if (!instance) return response.writeHead(404).end('{"Message":"Function not found"}');
    void json(request)
      .then((event) => instance.invoke(event))
      .then((outcome) => {
        const failed = 'error' in outcome;
        response.writeHead(200, {
          'content-type': 'application/json',
          ...(failed && { 'x-amz-function-error': 'Unhandled' }),
        });
        response.end(JSON.stringify(failed ? outcome.error : outcome.answer));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

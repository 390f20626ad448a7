import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Services } from '../../../lib/api/door-services.ts';
import { send } from '../../api/lambda-events.ts';

/** Sends its name and arguments, and prints what comes back: as text if it fails, which ends it with an error. */
const PROGRAM = `#!/bin/bash
printf '%s\\0' "$(basename "$0")" "$@" | curl -s --fail-with-body --data-binary @- "$STAND_IN/run"
`;

export type Programs = Readonly<Record<string, (args: string[]) => Promise<unknown>>>;

/** The API at `url`, and programs of this process that a shell finds in `bin`. */
export class StandInServer {
  readonly bin: string;
  private readonly server: Server;

  private constructor(bin: string, server: Server) {
    this.bin = bin;
    this.server = server;
  }

  static async start(directory: string, services: Services, programs: Programs): Promise<StandInServer> {
    const bin = path.join(directory, 'bin');
    await mkdir(bin, { recursive: true });
    for (const name of Object.keys(programs)) {
      await writeFile(path.join(bin, name), PROGRAM);
      await chmod(path.join(bin, name), 0o755);
    }
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
      const answer = async (): Promise<[number, string]> => {
        const body = await text(request);
        if (pathname !== '/run') {
          const key = `${request.method} ${pathname.replace(/^\/limits\/(\w+)$/, '/limits/{scope}')}`;
          const { statusCode = 200, body: answered = '' } = await send(services, key, {
            headers: request.headers as Record<string, string>,
            queryStringParameters: Object.fromEntries(searchParams),
            ...(key.includes('{scope}') && { pathParameters: { scope: pathname.split('/').at(-1) ?? '' } }),
            ...(body !== '' && { body }),
          });
          return [statusCode, answered];
        }
        const [name = '', ...args] = body.split('\0').slice(0, -1);
        try {
          const printed = await programs[name]?.(args);
          return [200, printed === undefined ? '' : JSON.stringify(printed)];
        } catch (thrown) {
          return [400, `${name}: ${String(thrown)}\n`];
        }
      };
      void answer().then(([status, body]) => response.writeHead(status).end(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StandInServer(bin, server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

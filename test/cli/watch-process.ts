import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChildProgram } from '../../local/child-program.ts';
import { parseSessionEvent, type SessionEvent } from '../../lib/telemetry/events/index.ts';
import { PROJECT } from '../local/local-server.ts';
import { TYPESCRIPT } from '../setup/typescript-program.ts';

/** All events that the server still knows, and those that come. */
export const FROM_THE_FIRST = ['--last-event-id', 'none'];

/** `watch` as a process of its own, for an operator. */
export function startWatch(url: string, ...more: string[]): ChildProgram {
  const as = ['--url', url, '--user', 'olga', '--org', 'platform', '--role', 'operator'];
  return new ChildProgram(
    process.execPath,
    [...TYPESCRIPT, 'lib/cli/main.ts', 'watch', ...as, ...more],
    { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    PROJECT,
  );
}

/** What a watch printed with `--json`. */
export const eventsPrinted = (watch: ChildProgram): SessionEvent[] =>
  watch
    .output()
    .trim()
    .split('\n')
    .map((line) => parseSessionEvent(JSON.parse(line)));

/** Stands between a watch and its server, and may cut them off from each other. */
export class CuttableLine {
  /** The headers of each request that came, also while the line was cut. */
  readonly requests: IncomingHttpHeaders[] = [];
  answers = 0;
  private readonly server: Server;
  private isCut = false;

  private constructor(target: string) {
    this.server = createServer((request, response) => {
      this.requests.push(request.headers);
      if (this.isCut) return void request.socket.destroy();
      const onward = httpRequest(target + request.url, { headers: request.headers }, (answer) => {
        this.answers++;
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      response.once('close', () => onward.destroy());
      onward.end();
    });
  }

  static async to(target: string): Promise<CuttableLine> {
    const line = new CuttableLine(target);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many hold a connection. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  cut(): void {
    this.isCut = true;
    this.server.closeAllConnections();
  }

  mend(): void {
    this.isCut = false;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

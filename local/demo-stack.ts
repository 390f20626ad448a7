import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import getPort from 'get-port';
import { ENV } from '../lib/configuration.ts';
import { ChildProgram } from './child-program.ts';
import { stopLeftOver } from './dynamodb-local.ts';
import type { Shutdown } from './shutdown.ts';

const PROJECT = path.resolve(import.meta.dirname, '..');
const MCP_SERVER = path.join(PROJECT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const START_MS = 60_000;
/** Before a child is ended the hard way. */
const STOP_MS = 10_000;

/** What the demo runs on: our server and an MCP server as child processes, and a data directory that goes in the end. */
export class DemoStack {
  private readonly shutdown: Shutdown;
  private readonly dataDir: string;
  private server: ChildProgram | undefined;

  private constructor(shutdown: Shutdown, dataDir: string) {
    this.shutdown = shutdown;
    this.dataDir = dataDir;
  }

  static async create(shutdown: Shutdown): Promise<DemoStack> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'session-manager-demo-'));
    await shutdown.add(async () => {
      await stopLeftOver(dataDir);
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    });
    return new DemoStack(shutdown, dataDir);
  }

  /** Gives the URL. */
  async startServer(): Promise<string> {
    this.server = await this.start(['--import', 'tsx', path.join(PROJECT, 'local/main.ts')], {
      PORT: '0',
      [ENV.localDataDir]: this.dataDir,
      [ENV.logLevel]: 'ERROR',
      [ENV.maxSessions]: '1',
    });
    const [, url = ''] = await this.server.untilPrinted(/listening on (http:\S+)/, START_MS);
    return url;
  }

  async stopServer(): Promise<void> {
    const exit = await this.server?.stop('SIGTERM', STOP_MS);
    if (exit?.code !== 0) throw new Error(`The server did not stop cleanly: ${JSON.stringify(exit)}`);
  }

  /** Gives the endpoint. */
  async startMcpServer(): Promise<string> {
    const port = await getPort();
    const server = await this.start([MCP_SERVER, 'streamableHttp'], { PORT: String(port) });
    await server.untilPrinted(/listening on port/, START_MS);
    return `http://127.0.0.1:${port}/mcp`;
  }

  serverOutput(): string {
    return this.server?.output() ?? '';
  }

  private async start(args: string[], env: Record<string, string>): Promise<ChildProgram> {
    this.shutdown.signal.throwIfAborted();
    const child = new ChildProgram(process.execPath, args, { ...inherited(), ...env }, PROJECT);
    await this.shutdown.add(async () => void (await child.stop('SIGTERM', STOP_MS)));
    return child;
  }
}

/** This environment without what configures a session manager: the demo owns all it works on. */
function inherited(): NodeJS.ProcessEnv {
  const ours: string[] = Object.values(ENV);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)));
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import pTimeout from 'p-timeout';

export const EVERYTHING = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);
const START_MS = 20_000;

/** The sessions of a running server by their `mcp-session-id`. */
export interface ServerSessions {
  opened: string[];
  /** Those that a client asked it to end. */
  ended: string[];
  /** Opened and not ended. */
  open: string[];
}

/** The real `@modelcontextprotocol/server-everything` over HTTP, in a process of its own. */
export interface EverythingServer {
  readonly url: string;
  /** What the server itself says of its sessions over Streamable HTTP; a restart forgets all. */
  sessions(): Promise<ServerSessions>;
  /** Another process on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  child: ChildProcess;
  output: string[];
}

export async function startEverythingServer(
  transport: 'streamableHttp' | 'sse' = 'streamableHttp',
): Promise<EverythingServer> {
  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`;
  let running = await start(port, transport);
  return {
    url,
    sessions: () => sessionsOf(url, running.output),
    async restart() {
      await stop(running.child);
      running = await start(port, transport);
    },
    stop: () => stop(running.child),
  };
}

async function start(port: number, transport: string): Promise<Running> {
  const child = spawn(process.execPath, [EVERYTHING, transport], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const listening = async () => {
    let said = '';
    for await (const text of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      said += text;
      if (/(listening|running) on port/.test(said)) return;
    }
    throw new Error(`server-everything did not start: ${said}`);
  };
  try {
    await pTimeout(listening(), { milliseconds: START_MS, message: 'server-everything did not start in time' });
  } catch (thrown) {
    await stop(child);
    throw thrown;
  }
  child.stderr.resume();
  return { child, output };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** A session of our own marks how far its output must be read. */
async function sessionsOf(url: string, output: string[]): Promise<ServerSessions> {
  const marker = await initialize(url);
  const deadline = performance.now() + 5_000;
  while (!output.join('').includes(marker)) {
    if (performance.now() > deadline) throw new Error('server-everything says nothing of a session that it opened');
    await sleep(5);
  }
  await fetch(url, { method: 'DELETE', headers: { 'mcp-session-id': marker } });
  const said = output.join('');
  const opened = idsIn(said, /Session initialized with ID: (\S+)/g).filter((id) => !markers.has(id));
  const ended = idsIn(said, /Received session termination request for session (\S+)/g).filter((id) => !markers.has(id));
  return { opened, ended, open: opened.filter((id) => !ended.includes(id)) };
}

const markers = new Set<string>();

async function initialize(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'marker', version: '1' } },
    }),
  });
  await response.text();
  const marker = response.headers.get('mcp-session-id') ?? '';
  markers.add(marker);
  return marker;
}

const idsIn = (said: string, pattern: RegExp) => [...said.matchAll(pattern)].map(([, id]) => id as string);

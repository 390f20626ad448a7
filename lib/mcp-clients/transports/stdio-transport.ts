import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import pTimeout from 'p-timeout';
import { McpConnectionError } from '../../errors.ts';
import { LineReader } from './answers/line-reader.ts';
import { PendingRequests } from './answers/pending-requests.ts';

/** As much as an answer over HTTP may have. */
const MAX_MESSAGE_BYTES = 12 * 1024 * 1024;
/** A server that has lost its input ends by itself; one that does not is killed (ms). */
const TERMINATION_MS = 300;

/** Leaders of process groups that still run: none outlives this process. */
const running = new Set<number>();
const killAll = () => running.forEach(killGroup);

/** What is started, where, and where it is looked for (as in PATH). */
export interface StdioCommand {
  command: string;
  args: string[];
  directory: string;
  searchPath: string | undefined;
}

/**
 * MCP over the standard streams of a command. It runs in `directory` with a clean environment and in a process group of
 * its own, which is killed with everything that it started. What it writes to stderr goes nowhere: it may be secret.
 */
export class StdioTransport implements Transport {
  onmessage?: Transport['onmessage'];
  onerror?: Transport['onerror'];
  onclose?: Transport['onclose'];
  protocolVersion: string | undefined;
  /** Why it has ended by itself, or cannot be read. */
  failure: McpConnectionError | undefined;
  private readonly what: StdioCommand;
  private readonly received = new LineReader(MAX_MESSAGE_BYTES);
  private readonly pending = new PendingRequests(this);
  private child: ChildProcess | undefined;

  constructor(what: StdioCommand) {
    this.what = what;
  }

  setProtocolVersion(version: string): void {
    this.protocolVersion = version;
  }

  async start(): Promise<void> {
    const { command, args, directory, searchPath } = this.what;
    if (running.size === 0) process.once('exit', killAll);
    const child = spawn(command, args, {
      cwd: directory,
      env: { PATH: searchPath, HOME: directory, LANG: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    this.child = child;
    if (child.pid !== undefined) running.add(child.pid);
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => this.read(chunk));
    child.once('close', () => this.ended(child));
    await once(child, 'spawn');
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { child } = this;
    if (!child?.stdin?.writable) throw this.failure ?? new McpConnectionError('ended the connection');
    this.pending.add(message);
    const thrown = await new Promise((resolve) => child.stdin?.write(`${JSON.stringify(message)}\n`, resolve));
    if (!thrown) return;
    // Its end says more than the broken pipe.
    await pTimeout(once(child, 'close'), { milliseconds: TERMINATION_MS }).catch(() => undefined);
    throw this.failure ?? new McpConnectionError('ended the connection');
  }

  /** Gone, with its children, when this returns. */
  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.pid === undefined) return;
    const left = child.exitCode === null && child.signalCode === null;
    child.stdin?.end();
    if (left) await pTimeout(once(child, 'exit'), { milliseconds: TERMINATION_MS }).catch(() => undefined);
    forget(child.pid);
    this.received.clear();
    this.onclose?.();
  }

  /** A line that is no message is passed over: commands print what they like. */
  private read(chunk: Buffer): void {
    try {
      for (const line of this.received.lines(chunk, tooLong)) this.pending.passLine(line);
    } catch (thrown) {
      this.failure ??= thrown as McpConnectionError;
      void this.close();
    }
  }

  /** Its children may go on without it. */
  private ended(child: ChildProcess): void {
    if (child.pid !== undefined) forget(child.pid);
    if (this.child !== child) return;
    this.child = undefined;
    this.failure ??= endOf(child);
    this.onclose?.();
  }
}

const tooLong = () => new McpConnectionError(`answered with a line of more than ${MAX_MESSAGE_BYTES} bytes`);

/** The failure of a command that ended by itself. */
function endOf({ exitCode, signalCode }: ChildProcess): McpConnectionError {
  if (exitCode !== null) return new McpConnectionError(`ended with exit code ${exitCode}`, undefined, { exitCode });
  if (signalCode === null) return new McpConnectionError('ended the connection');
  return new McpConnectionError(`was ended by ${signalCode}`, undefined, { signal: signalCode });
}

function forget(leader: number): void {
  killGroup(leader);
  running.delete(leader);
  if (running.size === 0) process.off('exit', killAll);
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group has ended.
  }
}

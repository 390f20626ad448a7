import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import pTimeout from 'p-timeout';

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
  private readonly what: StdioCommand;
  private readonly received = new ReadBuffer({ maxBufferSize: MAX_MESSAGE_BYTES });
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
    const stdin = this.child?.stdin;
    if (!stdin?.writable) throw new Error('the command has ended');
    await new Promise<void>((resolve, reject) => {
      stdin.write(serializeMessage(message), (thrown) => (thrown ? reject(thrown) : resolve()));
    });
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

  private read(chunk: Buffer): void {
    try {
      this.received.append(chunk);
      for (let message = this.next(); message; message = this.next()) this.onmessage?.(message);
    } catch (thrown) {
      this.onerror?.(thrown as Error);
      void this.close();
    }
  }

  /** The next whole line that is a message: what else a command prints is passed over. */
  private next(): JSONRPCMessage | null {
    for (;;) {
      try {
        return this.received.readMessage();
      } catch (thrown) {
        this.onerror?.(thrown as Error);
      }
    }
  }

  /** Its children may go on without it. */
  private ended(child: ChildProcess): void {
    if (child.pid !== undefined) forget(child.pid);
    if (this.child !== child) return;
    this.child = undefined;
    this.onclose?.();
  }
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

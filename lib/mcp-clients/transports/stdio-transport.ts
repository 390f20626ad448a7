import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import pTimeout from 'p-timeout';
import { killMarked, killMarkedNow, markerVariable, type MarkedProcess } from './marked-processes.ts';

/** As much as an answer over HTTP may have. */
const MAX_MESSAGE_BYTES = 12 * 1024 * 1024;
/** A server that has lost its input ends by itself; one that does not is killed (ms). */
const TERMINATION_MS = 300;

/** Those that still run: none outlives this process. */
const running = new Set<MarkedProcess>();
const killAll = () => killMarkedNow([...running]);

/** What is started, where, and where it is looked for (as in PATH). */
export interface StdioCommand {
  command: string;
  args: string[];
  directory: string;
  searchPath: string | undefined;
}

/**
 * MCP over the standard streams of a command. It runs in `directory` with a clean environment and in a process group of
 * its own, and is killed with everything that it started. What it writes to stderr goes nowhere: it may be secret.
 */
export class StdioTransport implements Transport {
  onmessage?: Transport['onmessage'];
  onerror?: Transport['onerror'];
  onclose?: Transport['onclose'];
  protocolVersion: string | undefined;
  private readonly what: StdioCommand;
  private readonly received = new ReadBuffer({ maxBufferSize: MAX_MESSAGE_BYTES });
  private child: ChildProcess | undefined;
  private started: MarkedProcess | undefined;
  private ending: Promise<void> | undefined;

  constructor(what: StdioCommand) {
    this.what = what;
  }

  setProtocolVersion(version: string): void {
    this.protocolVersion = version;
  }

  async start(): Promise<void> {
    if (this.ending) throw new Error('the transport has been closed');
    const { command, args, directory, searchPath } = this.what;
    const marker = randomUUID();
    const child = spawn(command, args, {
      cwd: directory,
      env: { PATH: searchPath, HOME: directory, LANG: 'C.UTF-8', ...markerVariable(marker) },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    // Before anything else: without a listener the error of a command that cannot be started ends this process.
    const spawned = once(child, 'spawn');
    child.on('error', () => undefined);
    this.child = child;
    if (child.pid !== undefined) remember((this.started = { leader: child.pid, marker }));
    // Both may be missing where a command cannot be started.
    (child.stdin as ChildProcess['stdin'])?.on('error', () => undefined);
    (child.stdout as ChildProcess['stdout'])?.on('data', (chunk: Buffer) => this.read(chunk));
    child.once('close', () => void this.close());
    await spawned;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.child?.stdin;
    if (!stdin?.writable) throw new Error('the command has ended');
    await new Promise<void>((resolve, reject) => {
      stdin.write(serializeMessage(message), (thrown) => (thrown ? reject(thrown) : resolve()));
    });
  }

  /** Gone, with its children, when this returns, however often and by whom it is called. */
  close(): Promise<void> {
    return (this.ending ??= this.end());
  }

  private async end(): Promise<void> {
    const { child, started } = this;
    this.child = undefined;
    if (child && started) {
      const left = child.exitCode === null && child.signalCode === null;
      child.stdin?.end();
      if (left) await pTimeout(once(child, 'exit'), { milliseconds: TERMINATION_MS }).catch(() => undefined);
      await forget(started);
    }
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
}

function remember(started: MarkedProcess): void {
  if (running.size === 0) process.once('exit', killAll);
  running.add(started);
}

/** Its children may go on without it. */
async function forget(started: MarkedProcess): Promise<void> {
  await killMarked(started);
  running.delete(started);
  if (running.size === 0) process.off('exit', killAll);
}

import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import pTimeout from 'p-timeout';
import { killMarked, killMarkedNow, markerVariable, type MarkedProcess } from './marked-processes.ts';
import { McpConnectionError } from '../../errors.ts';
import { LineReader } from './answers/line-reader.ts';
import { PendingRequests } from './answers/pending-requests.ts';
import { OwnTransport } from './own-transport.ts';

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
export class StdioTransport extends OwnTransport {
  /** Why it has ended by itself, or cannot be read. */
  failure: McpConnectionError | undefined;
  private readonly what: StdioCommand;
  private readonly received = new LineReader(MAX_MESSAGE_BYTES);
  private readonly pending = new PendingRequests(this);
  private child: ChildProcess | undefined;
  private started: MarkedProcess | undefined;
  private ending: Promise<void> | undefined;

  constructor(what: StdioCommand) {
    super();
    this.what = what;
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
    (child.stdout as ChildProcess['stdout'])
      ?.on('data', (chunk: Buffer) => this.read(() => this.received.lines(chunk, tooLong)))
      .once('end', () => void this.hasEndedOutput(child));
    child.once('close', () => {
      if (this.child === child) this.failure ??= endOf(child);
      void this.close();
    });
    await spawned;
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

  /** Gone, with its children, when this returns, however often and by whom it is called. */
  close(): Promise<void> {
    return (this.ending ??= this.end());
  }

  private async end(): Promise<void> {
    const { child, started } = this;
    this.child = undefined;
    if (child && started) {
      child.stdin?.end();
      if (!hasExited(child))
        await pTimeout(once(child, 'exit'), { milliseconds: TERMINATION_MS }).catch(() => undefined);
    }
    this.received.clear();
    this.onclose?.();
    if (started) await forget(started);
  }

  /** The last line may lack its end. A command that goes on cannot answer any more; the end of one that ends says more. */
  private async hasEndedOutput(child: ChildProcess): Promise<void> {
    this.read(() => [this.received.rest()]);
    if (hasExited(child)) return;
    await pTimeout(once(child, 'exit'), { milliseconds: TERMINATION_MS }).catch(() => undefined);
    if (hasExited(child)) return;
    this.failure ??= new McpConnectionError('closed its output');
    await this.close();
  }

  /** A line that is no message is passed over: commands print what they like. */
  private read(lines: () => Iterable<string>): void {
    try {
      for (const line of lines()) this.pending.passLine(line);
    } catch (thrown) {
      this.failure ??= thrown as McpConnectionError;
      void this.close();
    }
  }
}

const tooLong = () => new McpConnectionError(`answered with a line of more than ${MAX_MESSAGE_BYTES} bytes`);

const hasExited = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** The failure of a command that ended by itself. */
function endOf({ exitCode, signalCode }: ChildProcess): McpConnectionError {
  if (exitCode !== null) return new McpConnectionError(`ended with exit code ${exitCode}`, undefined, { exitCode });
  if (signalCode === null) return new McpConnectionError('ended the connection');
  return new McpConnectionError(`was ended by ${signalCode}`, undefined, { signal: signalCode });
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

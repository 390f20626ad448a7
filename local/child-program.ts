import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const STOP_MS = 40_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program that runs as a child of this one, with what it prints. Its environment is what it is given, nothing else. */
export class ChildProgram {
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;
  private printed = '';
  private hasEnded = false;

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv, cwd: string) {
    this.child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: string) => (this.printed += chunk);
    this.child.stdout?.setEncoding('utf8').on('data', keep);
    this.child.stderr?.setEncoding('utf8').on('data', keep);
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.hasEnded = true;
        resolve(exit);
      };
      this.child.once('close', (code, signal) => end({ code, signal }));
      this.child.once('error', (error) => {
        this.printed += error.message;
        if (this.child.pid === undefined) end({ code: null, signal: null });
      });
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`The program did not start: ${this.printed}`);
    return this.child.pid;
  }

  output = (): string => this.printed;

  /** Waits until it prints what matches. Throws with its output if it ends before, or if that takes too long. */
  async untilPrinted(pattern: RegExp, withinMs: number): Promise<RegExpMatchArray> {
    for (const stopAt = performance.now() + withinMs; performance.now() < stopAt; await sleep(POLL_MS)) {
      const match = this.printed.match(pattern);
      if (match) return match;
      if (this.hasEnded) throw new Error(`The program ended before it printed ${pattern}:\n${this.printed}`);
    }
    throw new Error(`The program did not print ${pattern} within ${withinMs} ms:\n${this.printed}`);
  }

  /** Gives null if it has not ended in time. */
  async untilExit(withinMs: number): Promise<Exit | null> {
    const waiting = new AbortController();
    try {
      return await Promise.race([this.exited, sleep(withinMs, null, { signal: waiting.signal })]);
    } finally {
      waiting.abort();
    }
  }

  /** Asks it to end, and insists if it has not after a while. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', withinMs = STOP_MS): Promise<Exit> {
    this.kill(signal);
    const exit = await this.untilExit(withinMs);
    if (exit) return exit;
    this.kill('SIGKILL');
    return this.exited;
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.hasEnded) this.child.kill(signal);
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_MS = 30_000;
const ANSWER_MS = 60_000;

/** A shell in a directory. What is typed into it one after the other shares its variables. */
export class Terminal {
  private readonly shell: ChildProcess;
  private readonly directory: string;
  private printed = '';
  private complained = '';
  private typed = 0;

  constructor(directory: string, env: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.shell = spawn('bash', ['--noprofile', '--norc'], { cwd: directory, env, detached: true });
    this.shell.stdout?.setEncoding('utf8').on('data', (text: string) => (this.printed += text));
    this.shell.stderr?.setEncoding('utf8').on('data', (text: string) => (this.complained += text));
  }

  /** Runs commands to their end; gives what they print, and the exit code of the last one. */
  async run(commands: string): Promise<{ printed: string; exitCode: number }> {
    const before = this.printed.length;
    const end = `end-of-block-${++this.typed}`;
    const file = path.join(this.directory, `.local/${end}.sh`);
    await writeFile(file, commands);
    this.shell.stdin?.write(`source ${file} < /dev/null; echo "${end} $?"\n`);
    const isOver = () => new RegExp(`${end} (\\d+)\n$`).exec(this.printed);
    await this.until(() => isOver() !== null, end);
    const { index, 1: code } = isOver() as RegExpExecArray;
    return { printed: this.printed.slice(before, index), exitCode: Number(code) };
  }

  /** Starts a command that goes on, and waits until it has printed these lines. */
  async leave(command: string, lines: string[]): Promise<void> {
    this.shell.stdin?.end(command);
    await this.until(
      () => lines.every((line) => `${this.printed}${this.complained}`.split('\n').includes(line)),
      lines.join('\n'),
    );
  }

  /** Ctrl-C, for whatever runs in it. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.shell;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const closed = once(this.shell, 'close');
    this.shell.stdin?.end();
    signalGroup(pid, 'SIGINT');
    const late = new AbortController();
    const insist = sleep(STOP_MS, undefined, { signal: late.signal }).then(
      () => signalGroup(pid, 'SIGKILL'),
      () => undefined,
    );
    await closed;
    late.abort();
    await insist;
  }

  private async until(holds: () => boolean, what: string): Promise<void> {
    for (const stopAt = performance.now() + ANSWER_MS; performance.now() < stopAt; await sleep(10)) if (holds()) return;
    throw new Error(`Not printed: ${what}\nbut:\n${this.printed}${this.complained}`);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

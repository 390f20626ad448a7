import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process by its number and command line: numbers are used again, the two together hardly ever. */
export interface ProcessIdentity {
  pid: number;
  command: string;
}

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const command = process.platform === 'linux' ? await commandFromProc(pid) : await commandFromPs(pid);
  return command ? { pid, command } : undefined;
}

export async function isRunning({ pid, command }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.command === command;
}

async function commandFromProc(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

async function commandFromPs(pid: number): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
      timeout: 5_000,
    });
    return stdout.trim();
  } catch {
    return '';
  }
}

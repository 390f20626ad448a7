import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

/** A process by its number, its start and its command line: numbers are used again, the three together are not. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
  command: string;
  /** The machine or container whose number it is, where that is known. */
  host?: string;
}

/** In /proc/<pid>/stat, counted after the command's name, which stands in parentheses and may contain anything. */
const START_TIME_FIELD = 19;

export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    const found = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
    return found.command && found.startedAt ? { pid, ...found } : undefined;
  } catch {
    return undefined;
  }
}

export async function isRunning({ pid, startedAt, command }: ProcessIdentity): Promise<boolean> {
  const found = await identify(pid);
  return found !== undefined && found.startedAt === startedAt && found.command === command;
}

/** What a file says that holds an identity as JSON; undefined if there is none or it says something else. */
export async function readIdentity(file: string): Promise<ProcessIdentity | undefined> {
  try {
    const said = JSON.parse(await readFile(file, 'utf8')) as Partial<ProcessIdentity> | null;
    const { pid, startedAt, command, host = hostname() } = said ?? {};
    if (typeof pid !== 'number' || typeof startedAt !== 'string' || typeof command !== 'string') return undefined;
    return { pid, startedAt, command, host };
  } catch {
    return undefined;
  }
}

async function fromProc(pid: number): Promise<{ command: string; startedAt: string }> {
  const [commandLine, stat] = await Promise.all([
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { command: commandLine.replaceAll('\0', ' ').trim(), startedAt: fields[START_TIME_FIELD] ?? '' };
}

async function fromPs(pid: number): Promise<{ command: string; startedAt: string }> {
  const ps = async (column: string) => {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], {
      timeout: 5_000,
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    return stdout.trim();
  };
  const [command, startedAt] = await Promise.all([ps('command'), ps('lstart')]);
  return { command, startedAt };
}

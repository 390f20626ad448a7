import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { backOff } from 'exponential-backoff';
import { startDynamoDbLocal, type RunningDynamoDbLocal } from '../../local/dynamodb-local.ts';
import type { Job, News } from './job.ts';
import { PROJECT } from './mutated-files.ts';

const NODE = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', '--import', 'tsx'];
const JEST = ['node_modules/jest/bin/jest.js', '--config', 'test/mutants/jest.config.mjs', '-i', '--runTestsByPath'];
/** Without any mutant, a test file takes less. */
const SILENCE_MS = 240_000;
/** DynamoDB Local keeps the tables of all runs in memory. */
const PROCESSES_OF_A_DATABASE = 10;
/** It takes long to start where everything does. */
const STARTS = 10;

/** How a process ended: by itself, or with a mutant that took too long or broke it. */
export type End = { broken: undefined } | { broken: { mutant: string; testFile: string; why: string } };

/** Runs jest, one process after the other, next to a DynamoDB Local. */
export class JestProcesses {
  private database: RunningDynamoDbLocal | undefined;
  private served = 0;
  private readonly signal: AbortSignal;

  /** `signal`: when it aborts, the process that runs is killed, and no further one starts. */
  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  async run(job: Job, testFiles: string[], onNews: (news: News) => void): Promise<End> {
    if (this.isOver) return { broken: undefined };
    const directory = await mkdtemp(path.join(tmpdir(), 'mutants-'));
    try {
      const jobFile = path.join(directory, 'job.json');
      await writeFile(jobFile, JSON.stringify(job));
      const child = spawn(process.execPath, [...NODE, ...JEST, ...testFiles], {
        cwd: PROJECT,
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        env: { ...process.env, ...(await this.environment(directory)), MUTANT_JOB: jobFile },
      });
      const onAbort = () => killGroup(child);
      this.signal.addEventListener('abort', onAbort);
      if (this.isOver) onAbort();
      const end = await watched(child, onNews);
      this.signal.removeEventListener('abort', onAbort);
      return this.isOver ? { broken: undefined } : end;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async stop(): Promise<void> {
    await this.database?.stop();
    this.database = undefined;
  }

  private async environment(directory: string) {
    if (this.served++ % PROCESSES_OF_A_DATABASE === 0) await this.stop();
    this.database ??= await backOff(() => startDynamoDbLocal(), { numOfAttempts: STARTS });
    return { DYNAMODB_ENDPOINT: this.database.endpoint, DIRECTORY_OF_TEST_RUN: directory, TMPDIR: directory };
  }
}

/** Until the process ends. One that says nothing for too long is killed, with all that it has started. */
async function watched(child: ChildProcess, onNews: (news: News) => void): Promise<End> {
  let current: { mutant: string; testFile: string } | undefined;
  let isLate = false;
  const kill = () => {
    isLate = true;
    killGroup(child);
  };
  let timer = setTimeout(kill, SILENCE_MS);
  child.on('message', (news: News) => {
    clearTimeout(timer);
    timer = setTimeout(kill, news.kind === 'begun' ? news.mostMs : SILENCE_MS);
    current = news.kind === 'begun' ? news : undefined;
    onNews(news);
  });
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  killGroup(child);
  if (!current) return { broken: undefined };
  return { broken: { ...current, why: isLate ? 'took too long' : 'the process ended' } };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it is gone.
  }
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeForced } from './remove-forced.ts';

/** `nobody`: some id that is not root's. */
const NOBODY = 65_534;
const PROGRAM = path.join(import.meta.dirname, 'ordinary-user-process.ts');

/** What a module exports: each works in a directory of its own, and gives and takes what JSON can say. */
type Scenario = (directory: string, ...input: never[]) => Promise<unknown>;
type Input<S> = S extends (directory: string, ...input: infer I) => unknown ? I : never;
type Answer<S> = S extends Scenario ? Awaited<ReturnType<S>> : never;

/** What the process is told: whose ids it takes, if it must. */
export interface Orders {
  module: string;
  id: number | undefined;
}
export interface Task {
  scenario: string;
  directory: string;
  input: unknown[];
}
export type Reply = { answer?: unknown } | { failure: string };

/**
 * Runs the scenarios of a module as an ordinary user, whom permissions bind: root may do everything, so that a test that
 * runs as root sees none. It is a process of its own, which loads the project first and gives its ids up for good after
 * that: the repository may lie where nobody else can read, and jest itself never runs under ids that change.
 */
export class OrdinaryUser<Scenarios> {
  private readonly child: ChildProcess;
  private readonly id: number | undefined;

  private constructor(child: ChildProcess, id: number | undefined) {
    this.child = child;
    this.id = id;
  }

  static async start<Scenarios>(module: URL): Promise<OrdinaryUser<Scenarios>> {
    const id = process.geteuid?.() === 0 ? NOBODY : undefined;
    const orders: Orders = { module: module.href, id };
    const child = fork(PROGRAM, [JSON.stringify(orders)], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', 'tsx'],
    });
    const user = new OrdinaryUser<Scenarios>(child, id);
    await user.reply();
    return user;
  }

  /** In a directory that is the user's own, and gone afterwards. */
  async run<Name extends keyof Scenarios & string>(
    scenario: Name,
    ...input: Input<Scenarios[Name]>
  ): Promise<Answer<Scenarios[Name]>> {
    const directory = await mkdtemp(path.join(tmpdir(), 'ordinary-user-'));
    try {
      if (this.id !== undefined) await chown(directory, this.id, this.id);
      const replied = this.reply();
      this.child.send({ scenario, directory, input } satisfies Task);
      return (await replied) as Answer<Scenarios[Name]>;
    } finally {
      await removeForced(directory);
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }

  private async reply(): Promise<unknown> {
    const over = new AbortController();
    const { signal } = over;
    try {
      const [reply] = (await Promise.race([
        once(this.child, 'message', { signal }),
        once(this.child, 'exit', { signal }).then(([code]) => [{ failure: `the process has ended: ${code}` }]),
      ])) as [Reply];
      if ('failure' in reply) throw new Error(reply.failure);
      return reply.answer;
    } finally {
      over.abort();
    }
  }
}

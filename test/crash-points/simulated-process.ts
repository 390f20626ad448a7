import { AsyncLocalStorage } from 'node:async_hooks';
import { lostReply } from '../faults/dynamodb-faults.ts';

/** What goes wrong at a call: nothing after it is ever done, or its answer does not arrive. */
export type Crash = 'dies before' | 'dies after' | 'loses the reply';

export interface CrashPoint {
  /** The number of the call, from 1. */
  at: number;
  crash: Crash;
}

/** A call that leaves the process; its answer can be lost where it comes over a network. */
export interface OutsideCall {
  name: string;
  overNetwork: boolean;
}

const current = new AsyncLocalStorage<SimulatedProcess>();

/**
 * A process that counts its calls to the outside and can die at one of them: from then on none is made and none comes
 * back, so that whatever it had begun stays as it is.
 */
export class SimulatedProcess {
  readonly calls: OutsideCall[] = [];
  /** What it holds open. */
  readonly open = new Set<{ close(): Promise<void> }>();
  private readonly crashPoint: CrashPoint | undefined;
  private isDead = false;
  private die: () => void = () => undefined;
  private readonly death = new Promise<void>((resolve) => (this.die = resolve));

  constructor(crashPoint?: CrashPoint) {
    this.crashPoint = crashPoint;
  }

  /** What the work came to, or nothing: the process died. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    return Promise.race([current.run(this, work), this.death.then(() => undefined)]);
  }

  /** As the kernel does for a process that is gone. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.open].map((handle) => handle.close().catch(() => undefined)));
  }

  async call<T>(call: OutsideCall, perform: () => Promise<T>): Promise<T> {
    if (this.isDead) return never();
    const isHere = this.calls.push(call) === this.crashPoint?.at;
    if (!isHere) return this.alive(await perform());
    if (this.crashPoint?.crash === 'dies before') return this.end();
    const answer = await perform().catch(() => undefined);
    if (this.crashPoint?.crash === 'loses the reply') return lostReply();
    void answer;
    return this.end();
  }

  /** What was under way when it died comes back to nobody. */
  private async alive<T>(answer: T): Promise<T> {
    return this.isDead ? never() : answer;
  }

  private async end(): Promise<never> {
    this.isDead = true;
    this.die();
    return never();
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

/** The process that the caller is in, if it is a simulated one. */
export const currentProcess = (): SimulatedProcess | undefined => current.getStore();

/** Makes a call to the outside, as whatever process it is made from. */
export async function outside<T>(call: OutsideCall, perform: () => Promise<T>): Promise<T> {
  const process = currentProcess();
  return process ? process.call(call, perform) : perform();
}

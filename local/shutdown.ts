import pTimeout from 'p-timeout';

type Stop = () => Promise<void> | void;

/** One part that does not stop in time does not keep the others from stopping. */
const STOP_MS = 12_000;

/** What was started, to be stopped in reverse order, whatever happens in between. */
export class Shutdown {
  private readonly stops: (() => Promise<void>)[] = [];
  private readonly begun = new AbortController();
  private readonly hurry = new AbortController();
  private done: Promise<void> | undefined;

  /** Aborts when the shutdown begins, so that a start that is under way ends. */
  get signal(): AbortSignal {
    return this.begun.signal;
  }

  /** Aborts when the shutdown must not wait for work any longer. */
  get hurried(): AbortSignal {
    return this.hurry.signal;
  }

  /** If the shutdown has begun meanwhile, it is stopped at once. */
  async add(stop: Stop): Promise<void> {
    await this.addOne(() => stopOne(stop, STOP_MS));
  }

  /** Like `add`, for a part that waits for work to end. After `hurryUp` nothing waits for that part. */
  async addPatient(stop: Stop, withinMs = STOP_MS): Promise<void> {
    await this.addOne(() => Promise.race([stopOne(stop, withinMs), this.untilHurried()]));
  }

  async run(): Promise<void> {
    this.done ??= this.stopAll();
    await this.done;
  }

  /** From now on the shutdown waits for no work. */
  hurryUp(): void {
    this.hurry.abort();
  }

  private async addOne(stop: () => Promise<void>): Promise<void> {
    if (this.done) await stop();
    else this.stops.push(stop);
  }

  private async stopAll(): Promise<void> {
    this.begun.abort();
    for (const stop of this.stops.reverse()) await stop();
  }

  private async untilHurried(): Promise<void> {
    if (this.hurried.aborted) return;
    await new Promise((resolve) => this.hurried.addEventListener('abort', resolve, { once: true }));
  }
}

async function stopOne(stop: Stop, withinMs: number): Promise<void> {
  try {
    await pTimeout(Promise.resolve(stop()), { milliseconds: withinMs });
  } catch (thrown) {
    console.error('While stopping:', thrown);
  }
}

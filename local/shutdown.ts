import pTimeout from 'p-timeout';

type Stop = () => Promise<void> | void;

/** One part that does not stop in time does not keep the others from stopping. */
const STOP_MS = 12_000;

/** What was started, to be stopped in reverse order, whatever happens in between. */
export class Shutdown {
  private readonly stops: Stop[] = [];
  private readonly begun = new AbortController();
  private done: Promise<void> | undefined;

  /** Aborts when the shutdown begins, so that a start that is under way ends. */
  get signal(): AbortSignal {
    return this.begun.signal;
  }

  /** If the shutdown has begun meanwhile, it is stopped at once. */
  async add(stop: Stop): Promise<void> {
    if (this.done) await stopOne(stop);
    else this.stops.push(stop);
  }

  async run(): Promise<void> {
    this.done ??= this.stopAll();
    await this.done;
  }

  private async stopAll(): Promise<void> {
    this.begun.abort();
    for (const stop of this.stops.reverse()) await stopOne(stop);
  }
}

async function stopOne(stop: Stop): Promise<void> {
  try {
    await pTimeout(Promise.resolve(stop()), { milliseconds: STOP_MS });
  } catch (thrown) {
    console.error('While stopping:', thrown);
  }
}

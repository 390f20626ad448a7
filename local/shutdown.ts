type Stop = () => Promise<void> | void;

/** What was started, to be stopped in reverse order, whatever happens in between. */
export class Shutdown {
  private readonly stops: Stop[] = [];
  private begun: Promise<void> | undefined;

  /** If the shutdown has begun meanwhile, it is stopped at once. */
  async add(stop: Stop): Promise<void> {
    if (this.begun) await stop();
    else this.stops.push(stop);
  }

  async run(): Promise<void> {
    this.begun ??= this.stopAll();
    await this.begun;
  }

  private async stopAll(): Promise<void> {
    for (const stop of this.stops.reverse()) {
      try {
        await stop();
      } catch (thrown) {
        console.error('While stopping:', thrown);
      }
    }
  }
}

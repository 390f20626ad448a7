import { FileTooLargeError } from '../file-errors.ts';

/** When a copy is given up. */
export class Deadline {
  private readonly seconds: number;
  private readonly at: number;

  constructor(ms: number) {
    this.seconds = ms / 1000;
    this.at = performance.now() + ms;
  }

  /** Throws if it is over. */
  check(): void {
    if (performance.now() < this.at) return;
    const { seconds } = this;
    const message = `The copy takes longer than one request may (${seconds} s). Nothing was copied; copy it in parts.`;
    throw new FileTooLargeError(0, 0, message, { seconds });
  }
}

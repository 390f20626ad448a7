import { createHash } from 'node:crypto';

/** The same numbers for the same seed, 0 to 1, in the order in which they are asked for. */
export class Chance {
  private readonly seed: string;
  private asked = 0;

  constructor(seed: number | string) {
    this.seed = String(seed);
  }

  next(): number {
    return createHash('sha256').update(`${this.seed} ${this.asked++}`).digest().readUInt32BE() / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

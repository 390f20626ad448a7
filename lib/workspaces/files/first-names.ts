/**
 * The first names by the order of their bytes, of however many are added: keeps twice as many at most, as strings of one
 * byte a character, which are smaller than buffers and sort faster.
 */
export class FirstNames {
  private readonly count: number;
  private names: string[] = [];
  /** Whatever comes behind is none of the first. */
  private last: string | undefined;

  constructor(count: number) {
    this.count = count;
  }

  add(name: Buffer): void {
    const text = name.toString('latin1');
    if (this.last !== undefined && text >= this.last) return;
    this.names.push(text);
    if (this.names.length >= 2 * this.count) this.cut();
  }

  get kept(): number {
    return this.names.length;
  }

  sorted(): Buffer[] {
    this.cut();
    return this.names.map((name) => Buffer.from(name, 'latin1'));
  }

  private cut(): void {
    this.names = this.names.sort().slice(0, this.count);
    if (this.names.length === this.count) this.last = this.names.at(-1);
  }
}

/** The first names by the order of their bytes, of however many are added: keeps twice as many at most. */
export class FirstNames {
  private readonly count: number;
  private names: Buffer[] = [];
  /** Whatever comes behind is none of the first. */
  private last: Buffer | undefined;

  constructor(count: number) {
    this.count = count;
  }

  add(name: Buffer): void {
    if (this.last && Buffer.compare(name, this.last) >= 0) return;
    this.names.push(name);
    if (this.names.length >= 2 * this.count) this.cut();
  }

  get kept(): number {
    return this.names.length;
  }

  sorted(): Buffer[] {
    this.cut();
    return this.names;
  }

  private cut(): void {
    this.names = this.names.sort((one, other) => Buffer.compare(one, other)).slice(0, this.count);
    if (this.names.length === this.count) this.last = this.names.at(-1);
  }
}

interface Entry<Value> {
  value: Value;
  size: number;
  staleAt: number;
}

interface Bounds {
  /** All sizes together; a value without one counts 1. */
  maxSize: number;
  ttlMs: number;
  now?: () => number;
}

/** Keeps values for a while; where they grow too many, those that were used last. */
export class RecentlyUsed<Value> {
  /** In the order of their last use. */
  private readonly entries = new Map<string, Entry<Value>>();
  private readonly bounds: Bounds;
  private readonly now: () => number;
  private size = 0;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
    this.now = bounds.now ?? (() => performance.now());
  }

  get(key: string): Value | undefined {
    const entry = this.take(key);
    if (!entry || entry.staleAt < this.now()) return undefined;
    this.put(key, entry);
    return entry.value;
  }

  has(key: string): boolean {
    const entry = this.entries.get(key);
    return entry !== undefined && entry.staleAt >= this.now();
  }

  /** What is larger than everything may be is not kept. */
  set(key: string, value: Value, size = 1): void {
    this.take(key);
    if (size > this.bounds.maxSize) return;
    this.put(key, { value, size, staleAt: this.now() + this.bounds.ttlMs });
    for (const oldest of this.entries.keys()) {
      if (this.size <= this.bounds.maxSize) break;
      this.take(oldest);
    }
  }

  delete(key: string): void {
    this.take(key);
  }

  private take(key: string): Entry<Value> | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.size -= entry.size;
    return entry;
  }

  private put(key: string, entry: Entry<Value>): void {
    this.entries.set(key, entry);
    this.size += entry.size;
  }
}

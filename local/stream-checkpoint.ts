import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** How far the table's stream has been handled, kept across restarts: the last sequence number of each shard. */
export class StreamCheckpoint {
  private readonly file: string;
  private readonly streamArn: string;
  private readonly positions: Map<string, string>;

  private constructor(file: string, streamArn: string, positions: Map<string, string>) {
    this.file = file;
    this.streamArn = streamArn;
    this.positions = positions;
  }

  /** What another stream left there does not count. */
  static async open(directory: string, streamArn: string): Promise<StreamCheckpoint> {
    const file = path.join(directory, 'stream-checkpoint.json');
    const kept = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as { streamArn: string; positions: Record<string, string> },
      () => undefined,
    );
    const positions = kept?.streamArn === streamArn ? Object.entries(kept.positions) : [];
    return new StreamCheckpoint(file, streamArn, new Map(positions));
  }

  of(shardId: string): string | undefined {
    return this.positions.get(shardId);
  }

  /** For a shard whose position the stream no longer has. */
  forget(shardId: string): void {
    this.positions.delete(shardId);
  }

  async advance(shardId: string, sequenceNumber: string): Promise<void> {
    this.positions.set(shardId, sequenceNumber);
    await mkdir(path.dirname(this.file), { recursive: true });
    const next = `${this.file}.${process.pid}`;
    await writeFile(next, JSON.stringify({ streamArn: this.streamArn, positions: Object.fromEntries(this.positions) }));
    await rename(next, this.file);
  }
}

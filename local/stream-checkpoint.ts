import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StartError } from './start-error.ts';

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

  /** Where the file is of another stream, or is cut, the stream is read from its beginning. */
  static async open(directory: string, streamArn: string): Promise<StreamCheckpoint> {
    const file = path.join(directory, 'stream-checkpoint.json');
    return new StreamCheckpoint(file, streamArn, positionsIn(await textOf(file), streamArn));
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

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new StartError(`The file ${file} cannot be read: ${message}.`);
  }
}

function positionsIn(text: string, streamArn: string): Map<string, string> {
  try {
    const kept = JSON.parse(text) as { streamArn?: unknown; positions?: unknown } | null;
    if (kept?.streamArn !== streamArn) return new Map();
    const positions = Object.entries(kept.positions ?? {});
    return new Map(positions.filter((one): one is [string, string] => typeof one[1] === 'string' && one[1] !== ''));
  } catch {
    return new Map();
  }
}

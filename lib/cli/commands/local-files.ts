import { randomUUID } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { chmod, mkdtemp, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SessionManagerHttpClient } from '../../api/client/http-client.ts';
import { UsageError } from '../cli-io.ts';
import type { CliRun } from '../cli-run.ts';
import { pathField } from './path-options.ts';
import { progressOf } from '../progress.ts';

interface Put {
  sessionId: string;
  source: string;
  path?: string | undefined;
  ifMatch?: string | undefined;
  ifNoneMatch?: '*' | undefined;
  mode?: string | undefined;
  encoded: boolean;
}

interface Get {
  sessionId: string;
  path: string;
  target?: string | undefined;
  encoded: boolean;
}

/** Writes a file, or the content of stdin, into a workspace. */
export async function upload(run: CliRun, client: SessionManagerHttpClient, put: Put) {
  const { sessionId, source, path: named, ifMatch, ifNoneMatch, mode, encoded } = put;
  if (source !== '-') return send(source, named ?? path.basename(source));
  if (named === undefined) throw new UsageError('What comes by stdin needs a path.');
  // How long it is must be known before the first part goes.
  const directory = await mkdtemp(path.join(tmpdir(), 'agent-session-manager-'));
  try {
    const kept = path.join(directory, 'stdin');
    await pipeline(run.io.stdin, createWriteStream(kept, { mode: 0o600 }), { signal: run.io.signal });
    return await send(kept, named);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }

  async function send(file: string, target: string): Promise<{ path: string; size: number; etag: string }> {
    if (!(await stat(file)).isFile()) throw new UsageError(`${file} is not a file.`);
    const content = await openAsBlob(file);
    const progress = progressOf(run, 'Writing', content.size, 'bytes');
    try {
      const { etag } = await client.upload({
        sessionId,
        // The name of a file here is text, whatever --encoded says of paths there.
        ...pathField({ path: target, encoded: encoded && named !== undefined }),
        content,
        ...(mode !== undefined && { mode }),
        ...(ifMatch !== undefined && { ifMatch }),
        ...(ifNoneMatch !== undefined && { ifNoneMatch }),
        onProgress: ({ transferred }) => progress.reach(transferred),
      });
      return { path: target, size: content.size, etag };
    } finally {
      progress.stop();
    }
  }
}

/** Reads a file of a workspace into one here, which is there with all of its bytes or not at all, or to stdout. */
export async function download(run: CliRun, client: SessionManagerHttpClient, get: Get) {
  const { sessionId, path: source, encoded } = get;
  const target = await targetOf(get);
  const progress = progressOf(run, 'Reading', 0, 'bytes');
  let size = 0;
  const parts = client.download({
    sessionId,
    ...pathField({ path: source, encoded }),
    onProgress: ({ transferred, total }) => {
      size = total;
      progress.reach(transferred, total);
    },
  });
  try {
    if (target === '-') await pipeline(Readable.from(parts), new PassThrough(), run.io.stdout, { end: false });
    else await writeWhole(target, parts, run.io.signal);
  } finally {
    progress.stop();
  }
  return { path: source, target, size };
}

async function targetOf({ path: source, target }: Get): Promise<string> {
  const name = path.posix.basename(source);
  if (target === undefined) return name;
  if (target === '-') return target;
  const isDirectory = await stat(target).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? path.join(target, name) : target;
}

/** What is no regular file, such as a FIFO or a device, is written into. A file keeps its mode, and a link its place. */
async function writeWhole(target: string, parts: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const place = await realpath(target).catch(() => target);
  const found = await stat(place).catch(() => undefined);
  if (found && !found.isFile()) return pipeline(Readable.from(parts), createWriteStream(place), { signal });
  const beside = `${place}.${randomUUID()}.part`;
  try {
    const mode = found && found.mode & 0o777;
    await pipeline(Readable.from(parts), createWriteStream(beside, { flags: 'wx', mode: mode ?? 0o666 }), { signal });
    if (mode !== undefined) await chmod(beside, mode);
    await rename(beside, place);
  } catch (thrown) {
    await rm(beside, { force: true });
    throw thrown;
  }
}

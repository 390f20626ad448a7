import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { makeDirectory } from '../make-directory.ts';
import type { JreRelease } from './jre-releases.ts';

const CONNECT_MS = 10_000;
/** Between two parts of the answer. */
const SILENCE_MS = 30_000;
const MAX_BYTES = 200_000_000;

export interface FetchOptions {
  /** The folder that the release's file is in. */
  from: string;
  /** Directories to keep it in, the best one first. */
  caches: readonly string[];
  signal?: AbortSignal | undefined;
  /** Called when there is something to receive, and as it arrives. `total`: none if it is not known. */
  onBegin: (directory: string) => void;
  onProgress: (received: number, total: number | undefined) => void;
}

/** Gives the directory with `java`: of a runtime that was kept, else of one that is fetched now, verified and kept. */
export async function fetchJre(release: JreRelease, options: FetchOptions): Promise<string> {
  const name = `temurin-${release.version}-${release.sha256.slice(0, 12)}`;
  const places = options.caches.map((cache) => path.join(cache, name));
  for (const place of places) if (await hasJava(place, release)) return path.join(place, release.bin);
  for (const place of places) {
    const draft = `${place}.${randomUUID()}`;
    if (!(await isMade(draft))) continue;
    try {
      await receive(release, draft, options, place);
      await publish(draft, place, release);
      return path.join(place, release.bin);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  throw new Error(`it cannot be kept in ${options.caches.join(' or ')}`);
}

const hasJava = (place: string, { bin }: JreRelease): Promise<boolean> =>
  access(path.join(place, bin, 'java')).then(
    () => true,
    () => false,
  );

const isMade = (directory: string): Promise<boolean> =>
  makeDirectory(directory).then(
    () => true,
    () => false,
  );

/** Nothing is unpacked before all of it is verified. */
async function receive(release: JreRelease, draft: string, options: FetchOptions, place: string): Promise<void> {
  const archive = path.join(draft, release.file);
  const actual = await download(`${options.from.replace(/\/$/, '')}/${release.file}`, archive, options, place);
  if (actual !== release.sha256) {
    throw new Error(`what ${options.from} has as ${release.file} has the SHA-256 ${actual} and not ${release.sha256}`);
  }
  await extract({ file: archive, cwd: draft, strip: 1 });
  await rm(archive);
  if (!(await hasJava(draft, release))) throw new Error(`${release.file} has no ${release.bin}/java`);
}

/** Gives the SHA-256 of what was written. By the proxy that the environment names. */
async function download(url: string, file: string, options: FetchOptions, place: string): Promise<string> {
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  });
  try {
    const response = await fetch(url, { dispatcher, ...(options.signal && { signal: options.signal }) });
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
    options.onBegin(place);
    const hash = createHash('sha256');
    const total = Number(response.headers.get('content-length')) || undefined;
    let received = 0;
    await pipeline(
      response.body,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          received += chunk.byteLength;
          if (received > MAX_BYTES) throw new Error(`${url} has more than ${MAX_BYTES} bytes`);
          hash.update(chunk);
          options.onProgress(received, total);
          yield chunk;
        }
      },
      createWriteStream(file, { flags: 'wx' }),
    );
    return hash.digest('hex');
  } finally {
    await dispatcher.destroy();
  }
}

/** Where several processes fetch at once, the first one's runtime is kept, and the others use it. */
async function publish(draft: string, place: string, release: JreRelease): Promise<void> {
  try {
    await rename(draft, place);
  } catch (thrown) {
    if (!(await hasJava(place, release))) throw thrown;
  }
}

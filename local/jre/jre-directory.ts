import { homedir } from 'node:os';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { fetchJre } from './fetch-jre.ts';
import { JRE_DOWNLOADS, jreRelease } from './jre-releases.ts';

/** The directory of a `java` that runs DynamoDB Local, where the machine has none: fetched once. */
export async function jreDirectory(env: NodeJS.ProcessEnv, dataDir: string, signal?: AbortSignal): Promise<string> {
  const release = jreRelease();
  if (!release) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const from = env.JRE_DOWNLOAD_URL || JRE_DOWNLOADS;
  const bar = new SingleBar({ format: '{percentage}% of {megabytes} MB', hideCursor: true, stream: process.stderr });
  try {
    return await fetchJre(release, {
      from,
      caches: [...userCaches(env), path.resolve(dataDir)].map((cache) => path.join(cache, 'jre')),
      signal,
      onBegin: (directory) =>
        console.error(
          `There is no Java 17 or later: Eclipse Temurin ${release.version} is fetched once from ${from} and kept in ${directory}.`,
        ),
      onProgress: (received, total) => {
        if (total === undefined || !process.stderr.isTTY) return;
        if (!bar.isActive) bar.start(total, 0, { megabytes: Math.round(total / 1e6) });
        bar.update(received);
      },
    });
  } finally {
    bar.stop();
  }
}

/** None where there is no home. */
function userCaches({ XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): string[] {
  if (XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME)) return [path.join(XDG_CACHE_HOME, 'agent-session-manager')];
  const home = HOME || homedir();
  if (!path.isAbsolute(home)) return [];
  const cache = process.platform === 'darwin' ? path.join(home, 'Library', 'Caches') : path.join(home, '.cache');
  return [path.join(cache, 'agent-session-manager')];
}

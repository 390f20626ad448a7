import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { median, spreadOf, type BenchResult } from './bench-result.ts';

const FILES = [0, 1_000, 100_000] as const;
const ROUNDS = 15;
const IN_ONE_DIRECTORY = 1_000;
/** Of the medians, the slowest to the fastest. */
const BOUND = 1.5;

/** How long a session's end takes with few and with many files in its workspace, in turn. */
export async function benchEnding(): Promise<BenchResult> {
  const stack = await newStack();
  try {
    const times = new Map<number, number[]>(FILES.map((count) => [count, []]));
    const stores = new Map<number, string>();
    for (const count of FILES) stores.set(count, await filesAside(stack.root, count));
    // The first round warms up and does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const count of FILES) {
        const ms = await endWith(stack, stores.get(count) as string);
        if (round > 0) times.get(count)?.push(ms);
      }
    }
    return resultOf(times);
  } finally {
    await stack.close();
  }
}

function resultOf(times: Map<number, number[]>): BenchResult {
  const fastest = Math.min(...[...times.values()].map(median));
  const rows = [...times].map(([count, of]) => {
    return { ratio: median(of) / fastest, cells: [String(count), median(of).toFixed(1), spreadOf(of, 1)] };
  });
  return {
    title: `Ending a session, by the files in its workspace (${ROUNDS} ends each, in turn)`,
    columns: ['files', 'ms, median', 'ms, spread', 'ratio'],
    rows: rows.map(({ ratio, cells }) => [...cells, ratio.toFixed(2)]),
    bound: `ratio at most ${BOUND}`,
    kept: rows.every(({ ratio }) => ratio <= BOUND),
  };
}

/** Made once, and moved into one workspace after the other. */
async function filesAside(root: string, count: number): Promise<string> {
  const store = path.join(root, `${count}-files`);
  await mkdir(store);
  for (let made = 0; made < count; made += IN_ONE_DIRECTORY) {
    const directory = path.join(store, String(made));
    await mkdir(directory);
    const names = Array.from({ length: Math.min(IN_ONE_DIRECTORY, count - made) }, (_, index) => String(index));
    await pMap(names, (name) => writeFile(path.join(directory, name), name), { concurrency: 16 });
  }
  return store;
}

/** Ms; the files come back from the trash afterwards. */
async function endWith({ manager, root }: TestStack, store: string): Promise<number> {
  const session = await manager.createSession('bench', 'bench');
  await rename(store, path.join(session.getWorkspacePath(), 'files'));
  const startedAt = performance.now();
  await manager.cleanupSession(session.id);
  const ms = performance.now() - startedAt;
  const trash = path.join(root, '.trash');
  const [name, ...others] = await readdir(trash);
  if (name === undefined || others.length > 0) throw new Error('the trash does not hold exactly the ended workspace');
  await rename(path.join(trash, name, 'files'), store);
  await manager.cleanupInactiveSessions();
  return ms;
}

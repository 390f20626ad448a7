import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { median, spreadOf, type BenchResult } from './bench-result.ts';

const FILES = [0, 1_000, 100_000] as const;
const ROUNDS = 15;
const IN_ONE_DIRECTORY = 1_000;
/** Of the medians, the slowest to the fastest. */
const BOUND = 1.5;
const EMPTYINGS = 3;
const EMPTYING_MS = 600_000;

/**
 * How long a session's end takes with few and with many files in its workspace, in turn; and how long the sweep takes to
 * empty the trash of as many, in turn with `rm -rf` of an equal tree.
 */
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
    for (const store of stores.values()) await rm(store, { recursive: true });
    return resultOf(times, await emptyings(stack));
  } finally {
    await stack.close();
  }
}

interface Emptying {
  ours: number;
  rm: number;
}

/** The first one warms up and does not count. */
async function emptyings(stack: TestStack): Promise<Emptying[]> {
  const found: Emptying[] = [];
  for (let round = 0; round <= EMPTYINGS; round++) {
    const count = round === 0 ? 1_000 : (FILES.at(-1) as number);
    const [kept, other] = [await filesAside(stack.root, count, 'kept'), await filesAside(stack.root, count, 'other')];
    const session = await stack.manager.createSession('bench', 'bench');
    await rename(kept, path.join(session.getWorkspacePath(), 'files'));
    await stack.manager.cleanupSession(session.id);
    const empty = () => stack.manager.cleanupInactiveSessions(undefined, { signal: AbortSignal.timeout(EMPTYING_MS) });
    const remove = () => promisify(execFile)('rm', ['-rf', other]);
    // Each goes first as often as second, since what is removed first may leave the file system something to do.
    const steps = round % 2 === 0 ? [empty, remove] : [remove, empty];
    const times = new Map<() => Promise<unknown>, number>();
    for (const step of steps) times.set(step, await timeOf(step));
    if ((await readdir(path.join(stack.root, '.trash'))).length > 0) throw new Error('the trash is not empty');
    if (round > 0) found.push({ ours: times.get(empty) as number, rm: times.get(remove) as number });
  }
  return found;
}

async function timeOf(step: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await step();
  return performance.now() - startedAt;
}

function resultOf(times: Map<number, number[]>, emptied: Emptying[]): BenchResult {
  const fastest = Math.min(...[...times.values()].map(median));
  const rows = [...times].map(([count, of]) => {
    return {
      ratio: median(of) / fastest,
      cells: [`end with ${count.toLocaleString('en')} files`, median(of).toFixed(1), spreadOf(of, 1)],
    };
  });
  const files = (FILES.at(-1) as number).toLocaleString('en');
  const emptyingRow = (what: string, ms: number[], ratio: number) => [
    what,
    median(ms).toFixed(0),
    spreadOf(ms, 0),
    ratio.toFixed(2),
  ];
  const emptying = median(emptied.map(({ ours, rm }) => ours / rm));
  return {
    title: `Ending a session, by the files in its workspace, and emptying the trash (${ROUNDS} ends each, in turn)`,
    columns: ['', 'ms, median', 'ms, spread', 'ratio'],
    rows: [
      ...rows.map(({ ratio, cells }) => [...cells, ratio.toFixed(2)]),
      emptyingRow(
        `\`rm -rf\` of ${files} files`,
        emptied.map(({ rm }) => rm),
        1,
      ),
      emptyingRow(
        `emptying the trash of ${files} files`,
        emptied.map(({ ours }) => ours),
        emptying,
      ),
    ],
    bound: `ends: ratio at most ${BOUND} to the fastest`,
    kept: rows.every(({ ratio }) => ratio <= BOUND),
  };
}

/** Made once, and moved into one workspace after the other. */
async function filesAside(root: string, count: number, name = `${count}-files`): Promise<string> {
  const store = path.join(root, name);
  await mkdir(store);
  for (let made = 0; made < count; made += IN_ONE_DIRECTORY) {
    const directory = path.join(store, String(made));
    await mkdir(directory);
    const names = Array.from({ length: Math.min(IN_ONE_DIRECTORY, count - made) }, (_, index) => String(index));
    // At once for each, which is several times as fast as by promises.
    for (const name of names) writeFileSync(path.join(directory, name), name);
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

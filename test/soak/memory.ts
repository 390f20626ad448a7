import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const EVERY_MS = 500;
/** The share of the time in which code is compiled and caches fill. */
const WARM_UP = 0.25;
/** The last third may have this much more than the first: collections come when they come. */
const GROWTH = 1.15;
const NOISE_MB = 16;

export interface MemoryReport {
  /** Medians of the thirds after the warm-up (MB). */
  thirds: [number, number, number];
  peak: number;
  samples: number;
  isFlat: boolean;
}

/** What a process has in memory (MB), as the system counts it. */
async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)], { timeout: 10_000 });
  return Number(stdout.trim()) / 1024;
}

/** Samples a process until it is told to stop. */
export function watchMemory(pid: number): { report(): Promise<MemoryReport> } {
  const samples: number[] = [];
  let under: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    under = residentMb(pid).then(
      (mb) => void samples.push(mb),
      () => undefined,
    );
  }, EVERY_MS);
  return {
    report: async () => {
      clearInterval(timer);
      await under;
      return reportOf(samples);
    },
  };
}

function reportOf(samples: readonly number[]): MemoryReport {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.floor(warm.length / 3);
  const medians = [0, 1, 2].map((index) => median(warm.slice(index * third, (index + 1) * third)));
  const thirds = medians as MemoryReport['thirds'];
  const isFlat = third > 0 && thirds[2] <= thirds[0] * GROWTH + NOISE_MB;
  return { thirds, peak: Math.max(0, ...samples), samples: samples.length, isFlat };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

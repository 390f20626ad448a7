import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MB } from './hostile-answers.ts';

/** More than any of these answers takes, and far less than is sent. */
export const MEMORY = 64 * MB;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Runs `work`; how much memory it takes at the most, in bytes. */
export async function peakMemory(work: () => Promise<unknown>): Promise<number> {
  const used = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const taken = () => {
    // Garbage is not taken: the server, which is in this process, makes as much of it as it sends.
    if (used() - before > MEMORY) collectGarbage();
    return used() - before;
  };
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, taken())), 5);
  try {
    await work();
  } finally {
    clearInterval(sampler);
  }
  return Math.max(peak, taken());
}

import { SingleBar } from 'cli-progress';
import type { CliRun } from './cli-run.ts';

/** The progress of a transfer; shown only on a terminal, and not with `--json`. */
export interface Progress {
  reach(value: number, total?: number): void;
  stop(): void;
}

const SHOWN_FROM = 2;

/** `total`: undefined if it is unknown. */
export function progressOf(run: CliRun, what: string, total: number | undefined, unit: string): Progress {
  if (!run.showsProgress || (total !== undefined && total < SHOWN_FROM)) {
    return { reach: () => undefined, stop: () => undefined };
  }
  const format =
    total === undefined ? `${what}: {value} ${unit}` : `${what} [{bar}] {percentage}% {value}/{total} ${unit}`;
  const bar = new SingleBar({
    format,
    stream: run.io.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(total ?? 0, 0);
  return {
    reach: (value, known) => {
      if (known !== undefined) bar.setTotal(known);
      bar.update(value);
    },
    stop: () => bar.stop(),
  };
}

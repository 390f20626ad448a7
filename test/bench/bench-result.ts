/** A table of measurements, and whether what we state about them holds. */
export interface BenchResult {
  title: string;
  columns: string[];
  rows: string[][];
  bound: string;
  kept: boolean;
}

/** As Markdown. */
export function tableOf({ title, columns, rows, bound, kept }: BenchResult): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(columns.map(() => '---'));
  return [`## ${title}`, '', line(columns), rule, ...rows.map(line), '', `${kept ? 'Kept' : 'BROKEN'}: ${bound}.`].join(
    '\n',
  );
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** The least and the most. */
export function spreadOf(values: number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;
}

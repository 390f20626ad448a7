import type { Verdict } from './mutation-run.ts';

const LEAST_KILLED = 0.85;

/** Lines for people: the figures, and each mutant that no test has killed. */
export function report(verdicts: Verdict[], { seed, minutes }: { seed: number; minutes: number }): string {
  const alive = verdicts.filter(({ state }) => state !== 'killed');
  const killed = verdicts.length - alive.length;
  const lines = alive.map(
    ({ mutant, state }) =>
      `${state}: ${mutant.file}:${mutant.line}  ${mutant.before}  →  ${mutant.after || '(nothing)'}`,
  );
  const percent = verdicts.length === 0 ? 100 : (100 * killed) / verdicts.length;
  const figures = `seed ${seed}: ${killed} killed, ${alive.length} survived (${percent.toFixed(1)} % killed)`;
  return [...lines, `${figures} in ${minutes.toFixed(1)} minutes`].join('\n');
}

export function exitCodeOf(verdicts: Verdict[]): number {
  const killed = verdicts.filter(({ state }) => state === 'killed').length;
  return killed >= LEAST_KILLED * verdicts.length ? 0 : 1;
}

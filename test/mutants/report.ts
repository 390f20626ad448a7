import type { Verdict } from './mutation-run.ts';

const LEAST_KILLED = 0.85;

/** Lines for people: each mutant that no test has killed, and the figures. */
export function report(verdicts: Verdict[], { seed, minutes }: { seed: number; minutes: number }): string {
  const lines = verdicts
    .filter(({ state }) => state !== 'killed')
    .map(
      ({ mutant, state }) =>
        `${state}: ${mutant.file}:${mutant.line}  ${mutant.before}  →  ${mutant.after || '(nothing)'}`,
    );
  const { killed, survived, undecided } = countsOf(verdicts);
  const percent = (100 * killed) / Math.max(1, killed + survived);
  const late = undecided > 0 ? `, ${undecided} undecided` : '';
  const figures = `${killed} killed, ${survived} survived${late} (${percent.toFixed(1)} % killed)`;
  return [...lines, `seed ${seed}: ${figures} in ${minutes.toFixed(1)} minutes`].join('\n');
}

export function exitCodeOf(verdicts: Verdict[]): number {
  const { killed, survived } = countsOf(verdicts);
  return killed >= LEAST_KILLED * (killed + survived) && killed > 0 ? 0 : 1;
}

function countsOf(verdicts: Verdict[]) {
  const count = (of: Verdict['state']) => verdicts.filter(({ state }) => state === of).length;
  return { killed: count('killed'), survived: count('survived') + count('not reached'), undecided: count('undecided') };
}

import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { instrument } from './instrument.ts';
import { SWITCH } from './mutant.ts';
import { allMutants, mutatedFiles, readSource } from './mutated-files.ts';
import { exitCodeOf, report } from './report.ts';
import { sample } from './sample.ts';

const changesOf = (source: string) =>
  instrument('some.ts', source).mutants.map(({ before, after }) => `${before} → ${after}`);

/** What `value` of a source is while a mutant is active, or none. */
function valueOf(source: string, active?: number): unknown {
  const { code } = transformSync(instrument('some.ts', source).text, { jsc: { parser: { syntax: 'typescript' } } });
  return runInNewContext(`${code}; value`, { [SWITCH]: (id: string) => id === `some.ts#${active}` });
}

describe('a mutant', () => {
  test.each([
    ['of a condition holds always, or never', 'if (a) b();', ['a → true', 'a → false']],
    [
      'of a condition with an edge moves the edge too',
      'const d = a < 1 ? b : c;',
      ['a < 1 → true', 'a < 1 → false', 'a < 1 → a <= 1'],
    ],
    ['of a condition with two parts has the other operator', 'if (a && b) c();', ['a && b → a || b']],
    ['of a sum is a difference', 'const c = a + b;', ['a + b → a - b']],
    ['of a text there is none', "const c = 'a' + b;", []],
    ['goes without a statement', 'await a();', ['await a(); → ']],
    ['goes without a default', 'const { a = 1 } = b;', ['1 → undefined']],
    ['goes without what may be absent', 'const c = a ?? b;', ['a ?? b → a']],
    ['of a pager reads one page', 'do { a(); } while (b);', ['a(); → ', 'b → false']],
    [
      'of a loop does one round',
      'for (const a of b) { c(a); d(); }',
      ['for (const a of b) { c(a); d(); } → one round only', 'c(a); → ', 'd(); → '],
    ],
    ['of a list goes without an entry, or a spread', 'const c = [a, ...b];', ['a → ', '...b → ']],
    ['takes the largest for the smallest', 'const c = Math.min(a, b);', ['Math.min(a, b) → Math.max(a, b)']],
    [
      'of a condition of a write always holds, and moves its edge',
      "const A = 'a < :b';",
      ["'a < :b' → '(a < :b OR attribute_exists(pk) OR attribute_not_exists(pk))'", "'a < :b' → 'a <= :b'"],
    ],
    ['of a line of the log there is none', 'this.log.warn(a ? b : c);', []],
    ['of a type there is none', 'type A = true | 0; let a: true;', []],
  ])('%s', (_name, source, changes) => {
    expect(changesOf(source)).toEqual(changes);
  });

  test('is active alone, and without one the source is as it was', () => {
    const source = 'const value = ((a: number) => { const b = [a, 2 * a]; if (a > 3) return b; return a - 1; })(3);';
    expect(valueOf(source)).toBe(2);
    const values = changesOf(source).map((_, place) => valueOf(source, place));
    expect(values).toEqual([2, 2, 2, [3, 6], 2, [3, 6], 4]);
  });
});

describe('the mutated sources', () => {
  test('compile with all their mutants, each with an id of its own', () => {
    const files = mutatedFiles();
    expect(files).toEqual(expect.arrayContaining(['lib/table/dynamo-table.ts', 'lib/sessions/sweep/sweep.ts']));
    for (const file of files) {
      transformSync(instrument(file, readSource(file)).text, { jsc: { parser: { syntax: 'typescript' } } });
    }
    const ids = allMutants().map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(500);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a run', () => {
  test('takes the same sample for the same seed', () => {
    const all = allMutants();
    expect(sample(all, 60, 7)).toEqual(sample(all, 60, 7));
    expect(sample(all, 60, 7)).toHaveLength(60);
    expect(sample(all, 60, 8)).not.toEqual(sample(all, 60, 7));
  });

  test('fails where fewer than 85 of 100 are killed, and names those that were not', () => {
    const mutant = { id: 'a.ts#1', file: 'a.ts', line: 3, before: 'a', after: 'true' };
    const verdicts = (killed: number) =>
      Array.from({ length: 100 }, (_, place) => ({ mutant, state: place < killed ? 'killed' : 'survived' }) as const);
    expect(exitCodeOf(verdicts(85))).toBe(0);
    expect(exitCodeOf(verdicts(84))).toBe(1);
    const late = [...verdicts(99), { mutant: { ...mutant, after: '' }, state: 'undecided' } as const];
    expect(report(late, { seed: 5, minutes: 2 }).split('\n')).toEqual([
      'survived: a.ts:3  a  →  true',
      'undecided: a.ts:3  a  →  (nothing)',
      'seed 5: 99 killed, 1 survived, 1 undecided (99.0 % killed) in 2.0 minutes',
    ]);
    expect([exitCodeOf(late), exitCodeOf(late.slice(-1))]).toEqual([0, 1]);
  });
});

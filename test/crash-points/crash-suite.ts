import * as fileSystem from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { InvocationResult } from '../../lib/api/invoke-handler.ts';
import type { CrashCase } from './cases.ts';
import type { CrashWorld } from './crash-world.ts';
import { countedFileSystem } from './file-system-calls.ts';
import type { Crash, CrashPoint, OutsideCall } from './simulated-process.ts';

jest.unstable_mockModule('node:fs/promises', () => countedFileSystem({ ...fileSystem }));
const { newCrashWorld } = await import('./crash-world.ts');
const { clear, crash } = await import('./crash-run.ts');
const { worldViolations } = await import('./world-violations.ts');
const { cases } = await import('./cases.ts');
const { worksOnFiles } = await import('./works.ts');

const CRASHES: readonly Crash[] = ['dies before', 'dies after', 'loses the reply'];
const MANY_RUNS_MS = 1_800_000;

/** What is tried at a call: how it is cut short there, and whether whoever called comes again. */
interface Trial {
  point: CrashPoint;
  repeat: boolean;
}

/** All there is to try. A file system's reply is not lost: it is the machine's own. */
const everyTrial = (calls: OutsideCall[]): Trial[] =>
  calls.flatMap(({ overNetwork }, index) =>
    CRASHES.filter((kind) => overNetwork || kind !== 'loses the reply').flatMap((kind) =>
      [true, false].map((repeat) => ({ point: { at: index + 1, crash: kind }, repeat })),
    ),
  );

/** The operations on the files of workspaces, or all others, and the kinds of calls that there have to be among them. */
interface Half {
  onFiles: boolean;
  sees: string[];
}

/** Runs each operation once undisturbed, to learn what it calls, and then once for each trial at those calls. */
export function crashSuite({ onFiles, sees }: Half): void {
  const half = cases.filter(({ operation }) => worksOnFiles(operation) === onFiles);
  const seen = new Set<string>();
  describe('an operation that is cut short at any of its calls', () => {
    let world: CrashWorld;
    // One for each operation: DynamoDB Local slows down with what has happened in a database.
    beforeEach(async () => {
      world = await newCrashWorld();
    });
    afterEach(() => world.close());

    test.each(half)(
      '$name leaves nothing behind that one sweep does not put right, and can be asked for again',
      async (one) => {
        await clear(world);
        const undisturbed = await crash(world, one, { repeat: false });
        expect(undisturbed).toMatchObject({ answer: { ok: true }, leftOpen: 0 });
        expect(await worldViolations(world)).toEqual([]);
        for (const { name } of undisturbed.calls) seen.add(name.split(/[ .]/)[0] as string);
        const trials = everyTrial(undisturbed.calls);
        const startedAt = Date.now();
        for (const trial of trials) {
          await clear(world);
          await checkTrial(world, one, trial, undisturbed.calls);
        }
        const seconds = Math.round((Date.now() - startedAt) / 1000);
        process.stderr.write(`${one.name}: ${undisturbed.calls.length} calls, ${trials.length} trials, ${seconds} s\n`);
      },
      MANY_RUNS_MS,
    );

    // Whoever imports the code before this file does so without the counted file system.
    test('all together make calls of every kind', () => expect([...seen].sort()).toEqual([...sees].sort()));
  });
}

async function checkTrial(world: CrashWorld, one: CrashCase, trial: Trial, calls: OutsideCall[]) {
  const { whenDoneBefore = [], whenLost = [] } = one.work;
  const { at, crash: kind } = trial.point;
  const where = `${one.name} ${kind} call ${at}, ${calls[at - 1]?.name}${trial.repeat ? ', and again' : ''}`;
  const { answer, repeated } = await crash(world, one, trial).catch((thrown: unknown) => {
    throw new Error(`${where}: ${String(thrown)}`, { cause: thrown });
  });
  const lost = kind === 'loses the reply';
  const unheard = lost && calls[at - 1]?.name.startsWith('MCP') ? ['MCP_CONNECTION'] : [];
  const allowed = ['died', 'ok', 'CONTENTION', ...unheard, ...(lost ? [...whenDoneBefore, ...whenLost] : [])];
  expect({ where, answered: allowed.includes(told(answer)) || told(answer) }).toEqual({ where, answered: true });
  if (repeated) {
    const allowedAgain = ['ok', ...whenDoneBefore];
    expect({ where, again: allowedAgain.includes(told(repeated)) || told(repeated) }).toEqual({ where, again: true });
  }
  expect({ where, violations: await worldViolations(world) }).toEqual({ where, violations: [] });
}

const told = (answer: InvocationResult | undefined) => (!answer ? 'died' : answer.ok ? 'ok' : answer.error.code);

import { utimes } from 'node:fs/promises';
import path from 'node:path';
import type { SweepResult } from '../../lib/sessions/sweep/sweep.ts';
import type { TestStack } from '../setup/test-stack.ts';
import { problemsOfBelongings } from './belongings.ts';
import { problemsOfDirectories } from './directories.ts';
import { problemsOfSeats, type LimitOf } from './seats.ts';
import { isSession, readState, type StoredItem } from './stored-state.ts';

/** The part of a stack that holds what is stored. */
export type Place = Pick<TestStack, 'client' | 'config' | 'root'>;

/** What is known from elsewhere, as far as it is. */
export interface Known {
  /** Ids of sessions that callers were told exist, and that nobody has ended and no sweep may have. */
  existing?: Iterable<string>;
  /** Ids of sessions that callers were told have ended. */
  ended?: Iterable<string>;
  /** Each exists or not; no other session does. */
  undecided?: Iterable<string>;
  /** What must stand nowhere in clear. */
  secrets?: readonly string[];
  /** By scope (`GLOBAL`, `ORG#<org>`, `ORG#<org>#USER#<user>`); left out, those of the configuration hold. */
  limitOf?: LimitOf;
}

/** Each violation as a sentence. For when nothing is under way, and what a sweep may tidy has been tidied. */
export async function violations({ client, config, root }: Place, known: Known = {}): Promise<string[]> {
  const { items, entries } = await readState({ client, tableName: config.tableName, root });
  return [
    ...problemsOfSeats(items, known.limitOf ?? ((scope) => limitByConfig(scope, config.limits))),
    ...problemsOfDirectories(items, entries),
    ...problemsOfBelongings(items, config.touchIntervalSeconds),
    ...problemsOfWhatWasTold(items, known),
    ...problemsOfSecrets(items, known.secrets ?? []),
  ];
}

/** One sweep, for which whatever was made aside is old enough; then the violations that are left. */
export async function violationsAfterSweep(
  place: Place,
  sweep: () => Promise<SweepResult>,
  known: Known = {},
): Promise<string[]> {
  await ageWhatIsAside(place);
  const { failed, more } = await sweep();
  const unfinished = [
    ...failed.map((id) => `the sweep could not end ${id}`),
    ...(more ? ['the sweep was not done'] : []),
  ];
  return [...unfinished, ...(await violations(place, known))];
}

async function ageWhatIsAside({ client, config, root }: Place): Promise<void> {
  const { entries } = await readState({ client, tableName: config.tableName, root });
  const aside = entries.filter((entry) => /^\.pending\/[^/]+$/.test(entry.path));
  await Promise.all(aside.map((entry) => utimes(path.join(root, entry.path), 0, 0)));
}

function limitByConfig(scope: string, limits: { global: number; org: number; user: number }): number {
  if (scope === 'GLOBAL') return limits.global;
  return scope.includes('#USER#') ? limits.user : limits.org;
}

function problemsOfWhatWasTold(items: StoredItem[], { existing, ended = [], undecided }: Known): string[] {
  const there = new Set(items.filter(isSession).map(({ id }) => id));
  const expected = [...(existing ?? [])];
  const lost = expected.filter((id) => !there.has(id)).map((id) => `I5: session ${id} was told to exist, and does not`);
  const kept = [...ended]
    .filter((id) => there.has(id))
    .map((id) => `I5: session ${id} was told to have ended, and exists`);
  if (undecided === undefined) return [...lost, ...kept];
  const known = new Set([...expected, ...undecided]);
  const unknown = [...there]
    .filter((id) => !known.has(id))
    .map((id) => `I5: session ${id} exists, and nobody was told of it`);
  return [...lost, ...kept, ...unknown];
}

function problemsOfSecrets(items: StoredItem[], secrets: readonly string[]): string[] {
  return items.flatMap((item) => {
    const text = JSON.stringify(item);
    return secrets
      .filter((secret) => text.includes(secret))
      .map(() => `I7: a secret stands in clear in ${item.pk} ${item.sk}`);
  });
}

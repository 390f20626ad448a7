import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { instrument } from './instrument.ts';
import type { Mutant } from './mutant.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../..');

const ROOMS = ['lib/table', 'lib/limits', 'lib/sessions'];
/** Rows that other tests compare as wholes, what checks and passes on a caller's request, and what the stream runs. */
const IS_LEFT_ALONE =
  /-(docs|routes|audit|operations|options|listing|counts|access)\.ts$|\/(table-definition|session-manager|session|parse-caller|metadata-change)\.ts$|\/stream\//;

/** The table's client, limits, and what creates, ends and sweeps sessions. */
export function mutatedFiles(): string[] {
  return ROOMS.flatMap((room) =>
    readdirSync(path.join(PROJECT, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${room}/${name}`),
  )
    .filter((file) => !IS_LEFT_ALONE.test(file))
    .sort();
}

export const readSource = (file: string): string => readFileSync(path.join(PROJECT, file), 'utf8');

export const allMutants = (): Mutant[] => mutatedFiles().flatMap((file) => instrument(file, readSource(file)).mutants);

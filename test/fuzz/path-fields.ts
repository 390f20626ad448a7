import fc from 'fast-check';
import { nastyText } from './nasty-values.ts';
import type { FieldValues } from './schema-values.ts';

const ENCODED = ['notes%2etxt', 'some', '%FF', 'some/V%EDctor', '%2e%2e/x', '%00', '%4'];

/** One of those that lead to something, and seldom another. */
export const some = (known: readonly string[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: nastyText });

/** The fields that have paths of a workspace. */
export const pathFields = (paths: readonly string[]): FieldValues => ({
  path: some(paths),
  from: some(paths),
  to: some([...paths, 'moved.txt', 'new/copy']),
  encodedPath: some(ENCODED),
  encodedFrom: some(ENCODED),
  encodedTo: some(ENCODED),
});

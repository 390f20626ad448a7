import { ValidationError } from '../../errors.ts';

/** Throws a `ValidationError` with each name that is not known. */
export function refuseUnknown(names: string[], known: readonly string[], message: string): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new ValidationError(unknown.map((path) => ({ path, message })));
}

/** Reads a variable, which is undefined if it is not set. Throws an `Unfit` that says what it must be. */
export type Reader<Value> = (text: string | undefined) => Value;

/** What a variable must be and is not: the rest of a sentence that its name begins. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

const TRUE = new Set(['true', '1', 'yes', 'on', 'y', 'enabled']);
const FALSE = new Set(['false', '0', 'no', 'off', 'n', 'disabled']);

export const wholeNumber =
  (min: number, max: number, preset: number): Reader<number> =>
  (text) => {
    if (text === undefined) return preset;
    if (!/^\d+$/.test(text)) throw new Unfit('must be a whole number');
    const value = Number(text);
    if (value < min) throw new Unfit(`must be at least ${min}`);
    if (value > max) throw new Unfit(`must be at most ${max}`);
    return value;
  };

export const flag =
  (preset: boolean): Reader<boolean> =>
  (text) => {
    const word = (text ?? String(preset)).toLowerCase();
    if (!TRUE.has(word) && !FALSE.has(word)) throw new Unfit('must be true or false');
    return TRUE.has(word);
  };

export const text =
  (preset: string): Reader<string> =>
  (given) =>
    given ?? preset;

export const optionalText: Reader<string | undefined> = (given) => given;

export const textLike =
  (pattern: RegExp, message: string): Reader<string | undefined> =>
  (given) => {
    if (given !== undefined && !pattern.test(given)) throw new Unfit(message);
    return given;
  };

export const oneOf =
  <const Name extends string>(names: readonly Name[], preset: Name): Reader<Name> =>
  (given = preset) => {
    const found = names.find((name) => name === given);
    if (found === undefined) throw new Unfit(`must be one of ${names.join(', ')}`);
    return found;
  };

export const commaSeparated: Reader<string[]> = (given = '') => given.split(',').flatMap((part) => part.trim() || []);

export const webAddress: Reader<string | undefined> = (given) => {
  const address = given?.trim();
  if (address === undefined) return undefined;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new Unfit('must be an http or https URL');
  }
  return address;
};

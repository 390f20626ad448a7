import { ValidationError } from './errors.ts';

/**
 * What an object says itself, each field read once: a getter may answer differently the second time. Refuses what would be
 * overlooked and may have been meant as a restriction: fields that are symbols or are not listed, and objects of the
 * language, such as lists and maps, which have more to say than their fields. A field that is `undefined` says nothing.
 */
export function ownFieldsOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  try {
    return read(value, at);
  } catch (thrown) {
    // Getters and proxies throw anything.
    throw thrown instanceof ValidationError ? thrown : ValidationError.at(at, 'cannot be read');
  }
}

function read(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.prototype.toString.call(value) !== '[object Object]') {
    throw ValidationError.at(at, 'must be an object');
  }
  const fields: [string, unknown][] = [];
  for (const name of Reflect.ownKeys(value)) {
    if (typeof name === 'symbol') throw ValidationError.at(at, 'must have no symbols as fields');
    if (!Object.prototype.propertyIsEnumerable.call(value, name)) {
      throw ValidationError.at(`${at}.${name}`, 'must be an enumerable field');
    }
    const field = (value as Record<string, unknown>)[name];
    if (field !== undefined) fields.push([name, field]);
  }
  return Object.fromEntries(fields);
}

import { NestedTooDeeplyError, parseJson } from '../json/json-text.ts';
import { isJsonObject } from '../json/raw-json.ts';
import { UsageError } from './cli-io.ts';
import { textIn, type Input } from './text-input.ts';

/** An argument that is a JSON object, or `-`: then stdin is. What it says is never repeated: it may be secret. */
export async function jsonObject(name: string, argument: string, input: Input): Promise<Record<string, never>> {
  return parsedObject(name, argument === '-' ? await textIn('-', name, input) : argument);
}

export function parsedObject(name: string, written: string): Record<string, never> {
  const value = parsed(name, written);
  if (isJsonObject(value)) return value as Record<string, never>;
  throw new UsageError(`${name} must be a JSON object.`);
}

function parsed(name: string, written: string): unknown {
  try {
    return parseJson(written);
  } catch (thrown) {
    throw new UsageError(`${name} is ${thrown instanceof NestedTooDeeplyError ? 'nested too deeply' : 'not JSON'}.`);
  }
}

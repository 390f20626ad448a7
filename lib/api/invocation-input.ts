import { ValidationError } from '../errors.ts';
import { NestedTooDeeplyError, parseJson } from '../json/json-text.ts';
import { isTooDeep, walkJson } from '../json/json-walk.ts';
import { mayBeRounded } from '../json/raw-json.ts';

/**
 * The input of a direct invocation: an object, or the JSON text of one. Lambda's runtime reads the event with `JSON.parse`
 * before any code of ours, and has changed 9007199254740993 by then. In a text it stays as it is.
 */
export function invocationInput(sent: unknown): object {
  const input = typeof sent === 'string' ? parsed(sent) : sent;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw ValidationError.at('input', 'must be an object, or the JSON text of one');
  }
  if (typeof sent !== 'string') refuseRounded(input);
  return input;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    throw ValidationError.at('input', thrown instanceof NestedTooDeeplyError ? 'is nested too deeply' : 'is not JSON');
  }
}

function refuseRounded(input: object): void {
  walkJson(input, (value, place, depth) => {
    if (isTooDeep(value, depth)) throw ValidationError.at('input', 'is nested too deeply');
    if (typeof value !== 'number' || !mayBeRounded(value)) return;
    throw ValidationError.at(place().join('.'), 'may have been rounded on the way: send the input as a JSON text');
  });
}

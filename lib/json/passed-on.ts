import * as z from 'zod/mini';
import { isTooDeep, walkJson } from './json-walk.ts';
import { isJsonObject } from './raw-json.ts';

type Schema = z.core.$ZodType;

const known = new WeakSet<Schema>();

/** Marks the schema of a field in which `parseInput` refuses no number and no name: its value is checked by its reader. */
export function passedOn<T extends Schema>(schema: T): T {
  known.add(schema);
  return schema;
}

/** What the description of the API says of it: of a schema with a check of its own, zod has nothing to say. */
const DESCRIBED = {
  type: 'object',
  additionalProperties: { description: 'Any JSON value' },
  description: 'Passed on as it is: numbers keep all their digits.',
} as const;

/**
 * A JSON object that is passed on to an MCP server as it came: with numbers of any size, and with names such as `__proto__`, which
 * `parseInput` refuses everywhere else. It stays the same object: copies by schemas would lose both.
 */
export function passedOnObject(): z.ZodMiniType<Record<string, unknown>> {
  const schema = z.custom<Record<string, unknown>>().check(
    z.superRefine((value, context) => {
      const problem = problemOf(value);
      if (problem) context.addIssue({ code: 'custom', ...problem });
    }),
  );
  schema._zod.processJSONSchema = (_context, json) => void Object.assign(json, DESCRIBED);
  return passedOn(schema);
}

interface Problem {
  path: string[];
  message: string;
}

function problemOf(root: unknown): Problem | undefined {
  if (!isJsonObject(root)) return { path: [], message: 'must be an object' };
  let problem: Problem | undefined;
  walkJson(root, (value, place, depth) => {
    if (isTooDeep(value, depth)) problem ??= { path: [], message: 'is nested too deeply' };
    else if (!isJson(value)) problem ??= { path: place(), message: 'must be JSON' };
  });
  return problem;
}

const isJson = (value: unknown) => ['object', 'string', 'boolean'].includes(typeof value) || Number.isFinite(value);

const fieldsByObject = new WeakMap<Schema, ReadonlySet<string>>();

/** The fields of an object's schema that are passed on. */
export function passedOnFields(schema: Schema): ReadonlySet<string> {
  const found =
    fieldsByObject.get(schema) ??
    new Set(Object.keys(shapeOf(schema)).filter((name) => isPassedOn(shapeOf(schema)[name])));
  fieldsByObject.set(schema, found);
  return found;
}

type Definition = z.core.$ZodTypeDef & { shape?: Readonly<Record<string, Schema>>; innerType?: Schema };

const shapeOf = (schema: Schema) => (schema._zod.def as Definition).shape ?? {};

/** Also where it is optional, or has a default. */
function isPassedOn(schema: Schema | undefined): boolean {
  return schema !== undefined && (known.has(schema) || isPassedOn((schema._zod.def as Definition).innerType));
}

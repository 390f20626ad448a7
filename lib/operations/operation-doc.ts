import * as z from 'zod/mini';
import type { ErrorCode } from '../errors.ts';
import type { AnyOperation } from './operation.ts';

/** A request that is carried out as it stands, once the session and the MCP server that it names are there. */
export interface Example<Input> {
  summary: string;
  input: Input;
  /** What answers it, if not the route's own status. */
  status?: number;
}

/** By each value of `field`: the name of its schema, and which fields it needs and cannot have. */
export interface Variants {
  field: string;
  of: Readonly<Record<string, { name: string; needs: readonly string[]; without: readonly string[] }>>;
}

/** What the description of the API says of an operation beyond what its route and its input schema say. */
export interface OperationDoc<Input = unknown, Output = unknown> {
  tag: Tag;
  summary: string;
  description?: string;
  /** Without one every caller may ask. */
  role?: 'admin' | 'operator';
  output: z.ZodMiniType<Output>;
  /** Of the status that says "a part". */
  partialOutput?: z.ZodMiniType<Output>;
  /** What fields of its request and answer mean, where `lib/api/openapi/field-descriptions.ts` does not say it. */
  fields?: Readonly<Record<string, string>>;
  /** The JSON body is one of these, by the value of a field. */
  variants?: Variants;
  /** What it is refused with, beyond what every operation can be. */
  errors: readonly ErrorCode[];
  examples: Readonly<Record<string, Example<Input>>>;
}

/** One for each operation of a module: an operation without one, or whose answer has another type, is not compiled. */
export type DocsOf<Operations extends Readonly<Record<string, AnyOperation>>> = {
  readonly [Name in keyof Operations]: OperationDoc<
    z.input<Operations[Name]['input']>,
    Awaited<ReturnType<Operations[Name]['run']>>['output']
  >;
};

export const TAGS = {
  sessions: 'Sessions, their seats under the limits, and their cleanup',
  tokens: 'Tokens by which the agent of a session calls the API',
  files: 'Files and directories of a session’s workspace',
  'mcp-clients': 'Connections of a session to MCP servers',
  prompts: 'System prompts, and the layers that they are joined from',
  limits: 'Limits on how many sessions there are at once',
  'workspace-access': 'Mounting one workspace from elsewhere',
  agent: 'What the agent of a session does in it, by a token of the session',
  service: 'The service itself',
} as const;
export type Tag = keyof typeof TAGS;

/** The names in the examples. To run an example, replace the session id by that of a session of yours. */
export const EXAMPLE = {
  userId: 'ada',
  orgId: 'acme',
  sessionId: '01a2045b-8d44-72e6-97c0-cb9917303a81',
  mcpEndpoint: 'https://mcp.example.com/mcp',
} as const;

/** The schemas that have a name of their own in the description of the API. */
export const namedSchemas = z.registry<{ id: string }>();
const names = new Set<string>();

/** Gives a schema a name, which no other schema may have: the description would show one of them in the place of both. */
export function named<T extends z.ZodMiniType>(id: string, schema: T): T {
  if (names.has(id)) throw new Error(`two schemas of the API have the name ${id}`);
  names.add(id);
  namedSchemas.add(schema, { id });
  return schema;
}

export const nothing = z.null();
export const count = z.int().check(z.minimum(0));
export const time = z.iso.datetime();

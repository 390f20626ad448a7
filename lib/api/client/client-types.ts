import type { HttpOperationName, RouteRows } from '../routes.ts';
import type { InputOf, OperationName, operations, OutputOf } from '../operations.ts';

/** What a caller may say of one call. */
export interface CallOptions {
  /** Gives up the call, with the signal's reason. What was asked may still be done. */
  signal?: AbortSignal | undefined;
  /** How long the call may take, repetitions included (ms). */
  timeoutMs?: number | undefined;
}

/** The rows of the operations: editors lead from a client's method to its row, which describes it. */
export type Operations = typeof operations;
export type HttpOperations = Pick<Operations, HttpOperationName>;

/** What a direct invocation answers: `existed`, too, which HTTP says by the status. */
export type DirectOutputOf<Name extends OperationName> = RouteRows[Name] extends { tellsExisted: true }
  ? WithExisted<OutputOf<Name>>
  : OutputOf<Name>;

/** A part of a file says how much has arrived, and no more. */
type WithExisted<Output> = Output extends null
  ? { existed: boolean }
  : Output extends { received: number }
    ? Output
    : Output & { existed: boolean };

/** What a route has a place for, in path, query, headers and body. Who is calling is in headers of its own. */
export type HttpInputOf<Name extends HttpOperationName> = Only<InputOf<Name>, FieldsOf<RouteRows[Name]>>;

/** Of each member of a union its own fields. */
type Only<Input, Fields extends PropertyKey> = Input extends unknown ? Pick<Input, Fields & keyof Input> : never;

type FieldsOf<Row> =
  | (Row extends { path: infer Path extends string } ? FieldsInPath<Path> : never)
  | (Row extends { query: infer Query } ? keyof Query : never)
  | (Row extends { headers: infer Headers } ? keyof Headers : never)
  | (Row extends { contentTypes: infer Types } ? keyof Types : never)
  | (Row extends { body: readonly (infer Field extends string)[] } ? Field : never)
  | (Row extends { rawBody: infer Field extends string } ? Field : never);

type FieldsInPath<Path extends string> = Path extends `${string}{${infer Field}}${infer Rest}`
  ? Field | FieldsInPath<Rest>
  : never;

/** The operations that the agent of a session has: those whose routes admit agents. */
type AgentOperationName = {
  [Name in HttpOperationName]: RouteRows[Name] extends { agent: string } ? Name : never;
}[HttpOperationName];
export type AgentOperations = Pick<Operations, AgentOperationName>;

/** The same fields without the session, which the token names. */
export type AgentInputOf<Name extends AgentOperationName> = WithoutSession<HttpInputOf<Name>>;
export type WithoutSession<Input> = Input extends unknown ? Omit<Input, 'sessionId'> & { sessionId?: never } : never;

/** HTTP has fewer fields of a file than a direct invocation, and times in whole seconds. */
interface OutputsOverHttp {
  readFile: { content?: string; etag: string; modifiedAt: string; contentRange?: string };
  /** `size` is there unless the caller has the file already. */
  statFile: { size?: number; modifiedAt: string; etag: string; mode: string };
  writeFile: { etag: string; existed: boolean; received?: never } | { received: number; total: number; etag?: never };
}

export type HttpOutputOf<Name extends HttpOperationName> = Name extends keyof OutputsOverHttp
  ? OutputsOverHttp[Name]
  : DirectOutputOf<Name>;

import type { AgentNeeds } from '../identity.ts';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * When a client sends an operation again without knowing whether it was carried out. `lib/api/client/repetition.ts` checks
 * the inputs. A request that was certainly not carried out (refused, throttled, never connected) may always be sent again.
 */
export type Repetition =
  'always' | 'never' | 'with an idempotency key' | 'without a condition' | 'whole and without a condition';

/**
 * Where the caller of a route comes from. The route alone decides that: no route takes a caller from anywhere else.
 * - `open`: there is none.
 * - `caller`: the gateway's token, or identity headers, by `AUTH_MODE`. A session token is none.
 * - `agent`: a session token. Identity headers and claims count for nothing.
 */
export type CallerSource = 'open' | 'caller' | 'agent';

/** How an HTTP request becomes an operation's input, and its answer a status. Path parameters have the fields' names. */
export interface Route {
  method: Method;
  path: string;
  /** Of callers unless a row says that it is open. The routes of agents are made from rows that have `agent`. */
  from?: CallerSource;
  /** What the operation needs of the agent of a session, which has a route of its own for it. Without it, agents have none. */
  agent?: AgentNeeds;
  repetition: Repetition;
  /** The fields that travel in the query, and how they are read. */
  query?: Readonly<Record<string, 'string' | 'number' | 'boolean'>>;
  /** The fields that travel in the JSON body. */
  body?: readonly string[];
  /** Those of them that are passed on to an MCP server as they are, with numbers of any size. */
  passedOn?: readonly string[];
  /** The fields that are true where the body has a content type of its own, and which. */
  contentTypes?: Readonly<Record<string, string>>;
  /** The field that the body is, as it came, instead: bytes, in base64. */
  rawBody?: string;
  /** The fields that travel in headers, and in which. */
  headers?: Readonly<Record<string, string>>;
  status: number;
  /** Instead of `status` where the operation found what it would have created. */
  statusIfExisted?: number;
  /** `existed` is part of what direct invocations and clients get. HTTP says it by the status alone. */
  tellsExisted?: true;
  /** Instead of `status` where it was a part, or nothing new, that was given or taken. */
  statusIfPartial?: number;
  statusIfUnmodified?: number;
  /** The field of the output that is the body, instead of all of it: bytes, in base64. */
  rawAnswer?: string;
  /** There is no body: the headers say all that there is to say of the bytes. */
  headersOnly?: true;
  /** Headers that every answer but a refusal has. */
  fixedHeaders?: Readonly<Record<string, string>>;
  /** The headers of the answer, and the fields of the output that they contain, if there are any. */
  answerHeaders?: Readonly<Record<string, string>>;
  /** Of what was created, for the `Location` header: a path with fields of the output. */
  location?: string;
}

/** An operation that has no route: direct invocation only. */
export interface InvokedOnly {
  invokedOnly: true;
  repetition: Repetition;
}

/**
 * Each error that an answer can have, by its `code`. The class of an error is in the room that throws it.
 * `npm run docs` writes the table in `docs/reference.md` from these rows.
 */
export const ERRORS = {
  SESSION_NOT_FOUND: {
    status: 404,
    title: 'Session not found',
    exit: 'notFound',
    outcome: 'not-found',
    when: "none, ended, malformed id, or not the caller's",
  },
  MAX_SESSIONS_REACHED: {
    status: 429,
    title: 'Session limit reached',
    retryAfterSeconds: 5,
    exit: 'tryLater',
    outcome: 'limit',
    when: 'a limit is full; with `scope` (`global`, `org`, `user`), `limit`, `active`, and where it is known `due`: sessions that end soon',
  },
  WORKSPACE_CREATION: {
    status: 503,
    title: 'Workspace could not be made',
    exit: 'tryLater',
    outcome: 'failure',
    when: 'the directory could not be made; seat and idempotency key are free again',
  },
  INVALID_USER_ID: {
    status: 400,
    title: 'Invalid user id',
    exit: 'usage',
    outcome: 'validation',
    when: 'empty, over 128 bytes of UTF-8, not well-formed, or control characters',
  },
  INVALID_ORG_ID: {
    status: 400,
    title: 'Invalid organisation id',
    exit: 'usage',
    outcome: 'validation',
    when: 'the same for the organisation',
  },
  VALIDATION: {
    status: 400,
    title: 'Invalid request',
    exit: 'usage',
    outcome: 'validation',
    when: 'anything else malformed; `errors` has the path of each field',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Encoding not supported',
    exit: 'usage',
    outcome: 'validation',
    when: 'the body has a `Content-Encoding`',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    exit: 'usage',
    outcome: 'validation',
    when: 'the path has no such method; `allow` and `Allow` have those that it has (one machine)',
  },
  UNAUTHORIZED: { status: 401, title: 'No caller', exit: 'notAllowed', outcome: 'unauthorized', when: 'no caller' },
  FORBIDDEN: { status: 403, title: 'Not allowed', exit: 'notAllowed', outcome: 'forbidden', when: 'role/scope needed' },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    title: 'Idempotency key used before',
    outcome: 'idempotency-conflict',
    when: 'the same key with another request',
  },
  SESSION_ENDED: {
    status: 409,
    title: 'Session has ended',
    outcome: 'conflict',
    when: 'to a repeated create whose session has ended or is ending; with its `sessionId`',
  },
  SESSION_CONFLICT: {
    status: 409,
    title: 'Session changed meanwhile',
    outcome: 'conflict',
    when: 'the session is not the one that was read; `version`: what it has now',
  },
  MCP_CLIENT_EXISTS: {
    status: 409,
    title: 'MCP client exists',
    outcome: 'conflict',
    when: 'the session has a client with this id',
  },
  MCP_CLIENT_NOT_FOUND: {
    status: 404,
    title: 'MCP client not found',
    exit: 'notFound',
    outcome: 'not-found',
    when: 'it has none',
  },
  MCP_CLIENT_LIMIT: {
    status: 429,
    title: 'MCP client limit reached',
    exit: 'tryLater',
    outcome: 'limit',
    when: 'it has as many as it may have',
  },
  TOKEN_NOT_FOUND: { status: 404, title: 'Token not found', exit: 'notFound', outcome: 'not-found', when: 'none such' },
  TOKEN_LIMIT: {
    status: 429,
    title: 'Token limit reached',
    exit: 'tryLater',
    outcome: 'limit',
    when: 'the session has as many tokens as it may have; with `limit`',
  },
  MCP_CONNECTION: {
    status: 502,
    title: 'MCP server failed',
    outcome: 'failure',
    isOfOthers: true,
    when: 'the MCP server refused, timed out or broke the protocol; with what is known: `serverStatus`, `serverMessage`, `supported`, `redirectedTo`, `exitCode`, `signal`, `oauthError`',
  },
  MCP_ENDPOINT_FORBIDDEN: {
    status: 400,
    title: 'MCP endpoint not allowed',
    exit: 'usage',
    outcome: 'endpoint-policy',
    when: 'a special address, not http(s), credentials in the URL, a command not on the list',
  },
  FILE_NOT_FOUND: {
    status: 404,
    title: 'File not found',
    exit: 'notFound',
    outcome: 'not-found',
    when: 'nothing is at the path',
  },
  PATH_OUTSIDE_WORKSPACE: {
    status: 400,
    title: 'Path outside the workspace',
    exit: 'usage',
    outcome: 'path-policy',
    when: '`..`, a leading slash, a symlink anywhere in the path, or reading or copying a file with `names` (hard links) that are not all `found` in the workspace',
  },
  NOT_A_FILE: {
    status: 409,
    title: 'Not a file',
    outcome: 'conflict',
    when: 'what is at the path, or on the way to it, is of another kind: a directory, a file, a FIFO, a socket, a device',
  },
  DIRECTORY_NOT_EMPTY: {
    status: 409,
    title: 'Directory not empty',
    outcome: 'conflict',
    when: 'removing needs `recursive=true`; a move or a copy replaces empty directories only',
  },
  FILE_EXISTS: {
    status: 409,
    title: 'File exists',
    outcome: 'conflict',
    when: 'a move or a copy without `overwrite`, and something is where it leads',
  },
  FILE_PERMISSION: {
    status: 403,
    title: 'Closed by the agent',
    exit: 'notAllowed',
    outcome: 'forbidden',
    when: 'the agent has closed a file or a directory to the functions: by its mode, an attribute or a read-only mount',
  },
  FILE_TOO_LARGE: {
    status: 413,
    title: 'File too large',
    outcome: 'limit',
    when: 'more than one request or answer carries, with `size` and `limit`; or a copy takes longer than a request may, with `seconds`',
  },
  WORKSPACE_FULL: {
    status: 507,
    title: 'Workspace full',
    exit: 'tryLater',
    outcome: 'limit',
    when: 'beyond `MAX_WORKSPACE_BYTES`, with `limit` and `bytes`, or the file system is full',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'Precondition failed',
    outcome: 'precondition',
    when: "`If-Match` or `If-None-Match` does not hold; with the file's `etag`, if there is one",
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    title: 'Range not satisfiable',
    outcome: 'precondition',
    when: 'the range is not in the file (`size`, `Content-Range`), or the part does not follow what arrived (`received`, `total`)',
  },
  WORKSPACE_ACCESS_LIMIT: {
    status: 429,
    title: 'Workspace access limit reached',
    exit: 'tryLater',
    outcome: 'limit',
    when: 'the file system has as many access points as it may have',
  },
  PROMPT_NOT_FOUND: {
    status: 404,
    title: 'Prompt layer not found',
    exit: 'notFound',
    outcome: 'not-found',
    when: 'the scope has no such prompt layer',
  },
  PROMPT_CONFLICT: {
    status: 409,
    title: 'Prompt layer changed meanwhile',
    outcome: 'conflict',
    when: 'the layer is not the one that was read; `version`: what it has now',
  },
  PROMPT_COMPOSITION: {
    status: 503,
    title: 'System prompt could not be composed',
    exit: 'tryLater',
    // Of layers, of the caller's variables or of an embedder's composer: an operator is not called for it.
    outcome: 'prompt',
    when: '`promptRequired`, and the prompt could not be composed as requested; with `warnings`; nothing was created',
  },
  RESPONSE_TOO_LARGE: { status: 502, title: 'Answer too large', outcome: 'limit', when: 'does not fit through Lambda' },
  CONTENTION: {
    status: 503,
    title: 'Busy',
    retryAfterSeconds: 1,
    exit: 'tryLater',
    outcome: 'failure',
    when: 'conflicts, throttling or a disturbance outlasted the retries; repeating is safe',
  },
  NOT_AVAILABLE: { status: 501, title: 'Not available', outcome: 'not-available', when: 'not on this deployment' },
  INTERNAL: { status: 500, title: 'Internal error', outcome: 'failure', when: 'our fault; the cause is in the log' },
} as const satisfies Readonly<Record<string, ErrorRow>>;

/** Every `code` that an answer can have. */
export type ErrorCode = keyof typeof ERRORS;

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);

interface ErrorRow {
  /** The HTTP status, and the title of the problem document. Only `lib/api/` reads them, and the next two. */
  status: number;
  title: string;
  /** A failure that others cause, so no alarm counts it. */
  isOfOthers?: true;
  /** When the same request may succeed, for the `Retry-After` header. */
  retryAfterSeconds?: number;
  /** The exit code of the command line, by its name in `lib/cli/exit-codes.ts`; `failed` if absent. Only `lib/cli/` reads it. */
  exit?: string;
  /** `failure`: the fault of this system or of an MCP server; every other value is a refusal. Only `lib/telemetry/` reads it. */
  outcome: string;
  /** When an answer has the code: a cell of the table in `docs/reference.md`, in Markdown. */
  when: string;
}

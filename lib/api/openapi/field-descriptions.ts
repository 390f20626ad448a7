/** A JSON Schema, as far as it is looked at. */
export type JsonSchema = Record<string, unknown> & {
  properties?: Record<string, JsonSchema>;
  required?: string[];
};

/**
 * What the fields of requests and answers mean, by name; `Component.field` and `operation.field` where a name means several
 * things. A row of `*-docs.ts` may say it of its own operation (`fields`).
 */
const FIELDS: Readonly<Record<string, string>> = {
  accessPointArn: 'The ARN of the access point',
  accessPointId: 'The id of the access point, by which the workspace is mounted',
  active: 'How many seats are taken',
  args: 'The arguments of the command (`stdio`)',
  arguments: 'The arguments of the tool, as its input schema wants them',
  auth: 'The credentials that the client sends to the server. They are sealed, and no answer has them',
  bytes: 'How many bytes the files have together',
  cleaned: 'The ids of the sessions that ended',
  clientId: 'The id of the MCP client in this session',
  'auth.clientId': 'The id of the OAuth client',
  'auth.clientSecret': 'The secret of the OAuth client',
  'auth.issuer':
    'The only authorization server that is shown the secret; without it, the one that the MCP server names',
  'auth.scope': 'The scopes to ask for, with single spaces between',
  'auth.token': 'A token of the MCP server',
  'auth.type': 'Which kind of credentials these are',
  code: 'What kind of error it is: programs compare this',
  command: 'The command that is started (`stdio`). It must be on the list of the deployment',
  complete: 'Whether all of the workspace has been measured; if not, it holds at least this much',
  config: 'Settings of the connection',
  connectedAt: 'When the connection was made',
  content: 'A text that is taken as it is',
  'Content-Range': 'Which bytes of the file these are, and how many it has: `bytes 0-4/10`',
  counter: 'Counters of seats that differ from the number of sessions',
  createdAt: 'When it was made',
  cursor: 'The `nextCursor` of the page before; without it, the first page',
  depth: 'How many levels of a recursive list there are; 1: what is in the directory itself',
  detail: 'What happened, in a sentence for people',
  drift: 'How many differences were found, by kind',
  due: 'It has expired, and ends with the next cleanup if nothing happens',
  encodedFrom: 'In place of `from`: its bytes, percent-encoded',
  encodedName: 'The bytes of the name, percent-encoded; absent if it is UTF-8',
  encodedPath: 'In place of `path`: its bytes, percent-encoded',
  'DirectoryEntry.encodedPath': 'The bytes of the path, percent-encoded; absent if it is UTF-8',
  encodedTo: 'In place of `to`: its bytes, percent-encoded',
  endpoint: 'The URL of the server (`http`, `sse`)',
  entries: 'What is in the directory, by name',
  etag: 'The tag of the file as it is now',
  expiresAt: 'When it ends if nothing happens',
  failed: 'The ids of the sessions that could not be ended; the next cleanup tries again',
  fileSystemId: 'The id of the file system',
  files: 'How many files there are',
  from: 'The path of what is moved or copied, relative to the workspace',
  headers: 'Headers of every request to the server. They are sealed, and no answer has them',
  id: 'The id',
  'addMcpClient.id': 'The id that the client has in this session',
  'Idempotency-Key': 'Makes the request repeatable: with the same key and body it is carried out once in 24 hours',
  'If-Match': 'Only if the file has this tag; `*`: only if there is a file',
  'If-None-Match': 'Only if the file has another tag than this one; `*`: only if there is no file',
  'If-Range': 'The range only if the file has this tag, or is of this date; otherwise the whole file',
  inactiveForSeconds: 'How long a session must have been inactive; without it, the setting of each session counts',
  inactivitySeconds: 'How long the session may be inactive before it ends',
  isActive: 'Whether the layer is part of prompts',
  isDefault: 'Whether the scope has no limit of its own, and the configured one holds',
  items: 'Over how many items of the table the seats are spread; 1 does for most',
  lastActiveAt: 'When it was used last; not every use is written down',
  layers: 'The layers that the prompt is made of, in their order',
  limit: 'How many there may be; `null`: no limit',
  'listSessions.limit': 'How many sessions a page has at most',
  'listDirectory.limit': 'How many entries a page has at most',
  'mcp-client': 'MCP clients that belong to no session, or are missing from theirs',
  mcpClientIds: 'The ids of its MCP clients',
  mcpClients: 'The MCP clients of the session',
  measuredAt: 'When that was measured',
  message: 'What happened, in the words of the gateway',
  metadata: 'Names and values of the caller’s own, at most 2 KB as JSON',
  'missing-directory': 'Sessions whose workspace is not there',
  'missing-entry': 'Sessions that are missing from the list of their user',
  mode: 'The permissions of the file in octal digits, as `chmod` takes them',
  modifiedAt: 'When it was changed last',
  more: 'Whether the time was too short for everything: then ask again',
  name: 'The name',
  'addMcpClient.name': 'A name for people; the id if absent',
  'callMcpTool.name': 'The name of the tool',
  nextCursor: 'The cursor of the next page; absent if there is none',
  openapi: 'The version of OpenAPI',
  orgId: 'The organisation; the caller’s own if absent',
  overwrite: 'Whether a file or an empty directory at the new path is replaced',
  path: 'A path in the workspace, relative to it',
  'DirectoryEntry.path': 'The path in the workspace; a recursive list has it',
  priority: 'The active layers of all scopes are joined by this, the highest first',
  promptId: 'The id of the prompt layer in its scope',
  promptRequired: 'Whether the create fails if its prompt cannot be composed as requested',
  prompts: 'The prompt layers of the scope, by id',
  promptVariables: 'What templates of prompt layers can name',
  protocolVersion: 'The version of MCP that was agreed on',
  Range: 'Which bytes to read: `bytes=0-3`',
  received: 'How many bytes of the file have arrived',
  recursive: 'Whether what is in the directory goes as well',
  'listDirectory.recursive': 'Whether what is below the directory is listed too',
  repair: 'Whether each difference is corrected, or only reported',
  repaired: 'How many differences were corrected',
  requestId: 'The id of the request, which the log has too',
  scope: 'Where it holds: for all, an organisation, or a user in one',
  'listSessions.scope': '`org`: the sessions of the whole organisation',
  'seat-items': 'Items of counters that belong to no scope',
  serverInfo: 'What the server says of itself',
  sessionId: 'The id of the session',
  sessions: 'The sessions of this page, newest first',
  size: 'How many bytes it has',
  status: 'Its state',
  'Problem.status': 'The HTTP status',
  'getHealth.status': 'Whether the service answers',
  'stray-directory': 'Workspaces of no session',
  'stray-item': 'Items of no session',
  systemPrompt: 'The system prompt, at most 256 KB of UTF-8',
  template: 'A Mustache template; its variables come from the layer and from the create',
  timeoutMs: 'How long a call of the server may take (ms)',
  title: 'What kind of error it is, for people',
  to: 'The new path, relative to the workspace',
  tools: 'The tools, as the server describes them',
  total: 'How many bytes the file will have',
  type: 'Of which kind it is',
  'Problem.type': 'A URI of the kind of error',
  unreadable: 'The agent has closed it: no more is known',
  'getWorkspaceUsage.unreadable':
    'How many entries and directories the agent has closed, so that they could not be measured',
  updatedAt: 'When it was changed last',
  'Upload-Id': 'An id of the caller’s own for all parts of one file',
  userId: 'The user; the caller if absent',
  'Session.userId': 'Whose it is',
  'CreatedSession.userId': 'Whose it is',
  'Session.orgId': 'The organisation that it belongs to',
  'CreatedSession.orgId': 'The organisation that it belongs to',
  variables: 'Values for the names in the template; they win over those of a create',
  version: 'The version that was read, or the present one: it grows with every change',
  'serverInfo.version': 'The version of the server',
  warnings: 'What was left out of the system prompt, and why',
  workspacePath: 'The absolute path of its directory, on every machine that mounts the workspaces',
};

type Own = Readonly<Record<string, string>> | undefined;

/** What a field means: of the operation's own row, of its context, or of its name. */
export function descriptionOf(context: string, name: string, own: Own): string | undefined {
  return own?.[name] ?? FIELDS[`${context}.${name}`] ?? FIELDS[name];
}

/** Sent to be kept, and never answered. */
const SECRETS: ReadonlySet<string> = new Set(['auth', 'auth.token', 'auth.clientSecret', 'headers']);

/** The schema with what each of its properties means, at any depth. Of a request: with what is never answered, too. */
export function withDescriptions(schema: JsonSchema, context: string, own: Own, isSent = false): JsonSchema {
  const within = (inner: unknown, of: string): unknown =>
    Array.isArray(inner)
      ? inner.map((one: JsonSchema) => withDescriptions(one, of, own, isSent))
      : withDescriptions(inner as JsonSchema, of, own, isSent);
  const described = { ...schema };
  if (schema.properties) {
    described.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => {
        const path = context === 'auth' ? `auth.${name}` : name;
        const description = property.description ?? descriptionOf(context, name, own);
        const isPlain = property.$ref === undefined;
        return [
          name,
          {
            ...(within(property, isContext(name) ? name : context) as JsonSchema),
            ...(isPlain && description !== undefined && { description }),
            ...(isSent && SECRETS.has(path) && { writeOnly: true }),
          },
        ];
      }),
    );
  }
  for (const keyword of ['oneOf', 'anyOf', 'allOf', 'items', 'additionalProperties']) {
    const inner = schema[keyword];
    if (typeof inner === 'object' && inner !== null) described[keyword] = within(inner, context);
  }
  return described;
}

/** Fields whose own fields mean something else than elsewhere. */
const isContext = (name: string): boolean => name === 'auth' || name === 'serverInfo';

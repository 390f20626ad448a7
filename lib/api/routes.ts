import type { OperationName } from './operations.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How an HTTP request becomes an operation's input, and its answer a status. Path parameters have the fields' names. */
export interface Route {
  method: Method;
  path: string;
  operation: OperationName;
  /** The fields that travel in the query, and how they are read. */
  query?: Readonly<Record<string, 'string' | 'number' | 'boolean'>>;
  /** The fields that travel in the JSON body. */
  body?: readonly string[];
  /** The field that the body is, as it came, instead: bytes, in base64. */
  rawBody?: string;
  /** The fields that travel in headers, and in which. */
  headers?: Readonly<Record<string, string>>;
  status: number;
  /** Instead of `status` where the operation found what it would have created. */
  statusIfExisted?: number;
  /** Instead of `status` where it was a part, or nothing new, that was given or taken. */
  statusIfPartial?: number;
  statusIfUnmodified?: number;
  /** The field of the output that is the body, instead of all of it: bytes, in base64. */
  rawAnswer?: string;
  /** The headers of the answer, and the fields of the output that they tell, where there are. */
  answerHeaders?: Readonly<Record<string, string>>;
  /** Of what was created, for the `Location` header. */
  location?: (output: { id: string }) => string;
}

const SESSION = '/sessions/{sessionId}';
const FILES = `${SESSION}/files`;
const DIRECTORIES = `${SESSION}/directories`;
const CLIENT = `${SESSION}/mcp-clients/{clientId}`;
const MCP_CONFIG = ['id', 'name', 'type', 'endpoint', 'command', 'args', 'headers', 'auth', 'config'];
const LAYER = '/prompts/{scope}/{promptId}';
const LIMIT = '/limits/{scope}';
const SCOPE_OWNER = { userId: 'string', orgId: 'string' } as const;

export const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/sessions',
    operation: 'createSession',
    body: ['metadata', 'promptVariables', 'inactivitySeconds'],
    headers: { idempotencyKey: 'idempotency-key' },
    status: 201,
    statusIfExisted: 200,
    location: ({ id }) => `/sessions/${id}`,
  },
  {
    method: 'GET',
    path: '/sessions',
    operation: 'listSessions',
    query: { userId: 'string', orgId: 'string', scope: 'string', limit: 'number', cursor: 'string' },
    status: 200,
  },
  { method: 'GET', path: SESSION, operation: 'getSession', status: 200 },
  { method: 'PATCH', path: SESSION, operation: 'updateSession', body: ['metadata'], status: 200 },
  { method: 'DELETE', path: SESSION, operation: 'cleanupSession', status: 204 },
  { method: 'POST', path: `${SESSION}/heartbeat`, operation: 'heartbeat', body: [], status: 204 },
  { method: 'GET', path: '/usage', operation: 'getUsage', query: { userId: 'string', orgId: 'string' }, status: 200 },
  { method: 'POST', path: '/cleanup', operation: 'cleanupInactiveSessions', body: ['inactiveForSeconds'], status: 200 },
  { method: 'POST', path: '/reconcile', operation: 'reconcile', body: ['repair'], status: 200 },
  { method: 'GET', path: `${SESSION}/system-prompt`, operation: 'getSystemPrompt', status: 200 },
  {
    method: 'PUT',
    path: `${SESSION}/system-prompt`,
    operation: 'updateSystemPrompt',
    body: ['systemPrompt'],
    status: 200,
  },
  { method: 'POST', path: `${SESSION}/mcp-clients`, operation: 'addMcpClient', body: MCP_CONFIG, status: 201 },
  { method: 'GET', path: `${SESSION}/mcp-clients`, operation: 'listMcpClients', status: 200 },
  { method: 'GET', path: CLIENT, operation: 'getMcpClient', status: 200 },
  { method: 'DELETE', path: CLIENT, operation: 'removeMcpClient', status: 204 },
  { method: 'PUT', path: `${CLIENT}/auth`, operation: 'updateMcpClientAuth', body: ['auth', 'headers'], status: 204 },
  { method: 'GET', path: `${CLIENT}/tools`, operation: 'listMcpTools', status: 200 },
  { method: 'POST', path: `${CLIENT}/tool-calls`, operation: 'callMcpTool', body: ['name', 'arguments'], status: 200 },
  {
    method: 'POST',
    path: `${SESSION}/workspace-access`,
    operation: 'grantWorkspaceAccess',
    body: [],
    status: 201,
  },
  { method: 'DELETE', path: `${SESSION}/workspace-access`, operation: 'revokeWorkspaceAccess', status: 204 },
  {
    method: 'GET',
    path: FILES,
    operation: 'readFile',
    query: { path: 'string' },
    headers: { range: 'range', ifMatch: 'if-match', ifNoneMatch: 'if-none-match' },
    status: 200,
    statusIfPartial: 206,
    statusIfUnmodified: 304,
    rawAnswer: 'content',
    answerHeaders: { etag: 'etag', 'content-range': 'contentRange' },
  },
  {
    method: 'PUT',
    path: FILES,
    operation: 'writeFile',
    query: { path: 'string' },
    rawBody: 'content',
    headers: {
      contentRange: 'content-range',
      uploadId: 'upload-id',
      ifMatch: 'if-match',
      ifNoneMatch: 'if-none-match',
    },
    status: 201,
    statusIfExisted: 204,
    statusIfPartial: 202,
    answerHeaders: { etag: 'etag' },
  },
  {
    method: 'DELETE',
    path: FILES,
    operation: 'deleteFile',
    query: { path: 'string' },
    headers: { ifMatch: 'if-match' },
    status: 204,
  },
  {
    method: 'GET',
    path: DIRECTORIES,
    operation: 'listDirectory',
    query: { path: 'string', limit: 'number', cursor: 'string' },
    status: 200,
  },
  {
    method: 'PUT',
    path: DIRECTORIES,
    operation: 'makeDirectory',
    query: { path: 'string' },
    status: 201,
    statusIfExisted: 204,
  },
  {
    method: 'DELETE',
    path: DIRECTORIES,
    operation: 'removeDirectory',
    query: { path: 'string', recursive: 'boolean' },
    status: 204,
  },
  { method: 'GET', path: `${SESSION}/workspace-usage`, operation: 'getWorkspaceUsage', status: 200 },
  {
    method: 'PUT',
    path: LAYER,
    operation: 'putPrompt',
    query: SCOPE_OWNER,
    body: ['name', 'content', 'template', 'variables', 'priority', 'isActive', 'version'],
    status: 201,
    statusIfExisted: 200,
  },
  { method: 'GET', path: LAYER, operation: 'getPrompt', query: SCOPE_OWNER, status: 200 },
  {
    method: 'DELETE',
    path: LAYER,
    operation: 'deletePrompt',
    query: { ...SCOPE_OWNER, version: 'number' },
    status: 204,
  },
  { method: 'GET', path: '/prompts/{scope}', operation: 'listPrompts', query: SCOPE_OWNER, status: 200 },
  {
    method: 'POST',
    path: '/prompts/preview',
    operation: 'previewPrompt',
    body: ['userId', 'orgId', 'promptVariables'],
    status: 200,
  },
  { method: 'GET', path: LIMIT, operation: 'getLimit', query: SCOPE_OWNER, status: 200 },
  {
    method: 'PUT',
    path: LIMIT,
    operation: 'putLimit',
    query: SCOPE_OWNER,
    body: ['limit', 'items'],
    status: 200,
  },
  { method: 'DELETE', path: LIMIT, operation: 'deleteLimit', query: SCOPE_OWNER, status: 204 },
  { method: 'GET', path: '/health', operation: 'getHealth', status: 200 },
  { method: 'GET', path: '/openapi.json', operation: 'getOpenApi', status: 200 },
];

/** As API Gateway names it in an event. */
export const routeKey = ({ method, path }: Route): string => `${method} ${path}`;

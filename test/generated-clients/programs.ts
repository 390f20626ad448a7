/** A program that uses what `@hey-api/openapi-ts` makes. */
export const OF_HEY_API = `import { createSession, cleanupSession, type AddMcpClientData } from './hey-api/index.js';
import { createClient, createConfig } from './hey-api/client/index.js';

const { API_URL: baseUrl = '' } = process.env;
const client = createClient(createConfig({ baseUrl, headers: { 'x-user-id': 'hey', 'x-org-id': 'acme' } }));
const { data, error } = await createSession({ client, body: { metadata: { task: 'report' } } });
if (error !== undefined) throw new Error('code' in error ? String(error.code) : String(error.message));
await cleanupSession({ client, path: { sessionId: data.id } });

const command: AddMcpClientData['body'] = { id: 'a', type: 'stdio', command: 'node' };
// @ts-expect-error -- a command has no endpoint
const both: AddMcpClientData['body'] = { id: 'a', type: 'stdio', command: 'node', endpoint: 'https://mcp.example.com' };
// @ts-expect-error -- a server has an endpoint
const none: AddMcpClientData['body'] = { id: 'a', type: 'http' };
void [command, both, none];
process.stdout.write(\`\${data.userId} \${data.status}\`);
`;

/** A program that uses what `openapi-typescript` makes. */
export const OF_OPENAPI_TYPESCRIPT = `import createClient from 'openapi-fetch';
import type { components, paths } from './paths.js';

const { API_URL: baseUrl = '' } = process.env;
const client = createClient<paths>({ baseUrl, headers: { 'x-user-id': 'paths', 'x-org-id': 'acme' } });
const { data, error } = await client.POST('/sessions', { body: { metadata: { task: 'report' } } });
if (error) throw new Error('code' in error ? String(error.code) : String(error.message));
const { id: sessionId } = data;
await client.DELETE('/sessions/{sessionId}', { params: { path: { sessionId } } });

type Config = components['schemas']['HttpMcpClientConfig'] | components['schemas']['StdioMcpClientConfig'];
const command: Config = { id: 'a', type: 'stdio', command: 'node' };
// @ts-expect-error -- a server has an endpoint
const none: Config = { id: 'a', type: 'http' };
void [command, none];
process.stdout.write(\`\${data.userId} \${data.status}\`);
`;

const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  preserveSymlinks: true,
};

/** The project of both programs; `typeRoots`: where the types of Node are. */
export const projectOf = (typeRoots: string, files: string[]): string =>
  JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, typeRoots: [typeRoots] }, files });

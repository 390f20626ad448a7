import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DemoStack } from './demo-stack.ts';
import { DemoSteps } from './demo-steps.ts';
import { Shutdown } from './shutdown.ts';

interface Session {
  id: string;
  status: string;
  workspacePath: string;
  mcpClientIds: string[];
}
interface Usage {
  user: { active: number };
  all: { active: number; limit: number };
}
interface ToolResult {
  content: { type: string; text: string }[];
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const NOTE = 'Plan: measure twice, cut once.\n';
const PROMPT = 'You are a careful carpenter.';

const shutdown = new Shutdown();
const steps = new DemoSteps({ 'x-user-id': 'ada', 'x-org-id': 'workshop', 'x-role': 'operator' }, shutdown.signal);

for (const [signal, exitCode] of Object.entries(EXIT_CODES)) process.on(signal, () => stop(exitCode));
process.on('uncaughtException', fail);

try {
  await walk(await DemoStack.create(shutdown));
  await shutdown.run();
  console.log('\nThat was the whole life of a session. Everything is stopped and removed.');
} catch (thrown) {
  fail(thrown);
}

/** What goes wrong after the stop has begun results from it. */
function fail(thrown: unknown): void {
  if (shutdown.signal.aborted) return;
  console.error(`\n${steps.explain(thrown)}`);
  stop(1);
}

function stop(exitCode: number): void {
  if (!shutdown.signal.aborted) void shutdown.run().then(() => process.exit(exitCode));
}

async function walk(stack: DemoStack): Promise<void> {
  steps.begin('Start a session manager with room for one session, and an MCP server');
  steps.baseUrl = await stack.startServer();
  steps.tell(`The session manager listens on ${steps.baseUrl}`);
  const endpoint = await stack.startMcpServer();
  steps.tell(`The MCP server listens on ${endpoint}`);

  steps.begin('Create a session');
  const session = await steps.request<Session>(201, 'POST', '/sessions', { metadata: { task: 'demo' } });
  const url = `/sessions/${session.id}`;
  const note = path.join(session.workspacePath, 'plan.txt');
  steps.expect(session.status === 'active', 'an active session');
  steps.tell(`id ${session.id}, workspace ${session.workspacePath}`);

  steps.begin('Write a file into its workspace, as an agent would');
  await writeFile(note, NOTE);
  steps.tell(`wrote ${note}`);

  steps.begin('Add an MCP client: this connects to the MCP server');
  const client = await steps.request<{ serverInfo: { name: string } }>(201, 'POST', `${url}/mcp-clients`, {
    id: 'everything',
    type: 'http',
    endpoint,
  });
  steps.tell(`connected to ${client.serverInfo.name}`);

  steps.begin('List its tools');
  const { tools } = await steps.request<{ tools: { name: string }[] }>(
    200,
    'GET',
    `${url}/mcp-clients/everything/tools`,
  );
  const names = tools.map(({ name }) => name);
  steps.expect(names.includes('echo'), 'a tool named "echo"');
  steps.tell(`${names.length} tools: ${names.slice(0, 4).join(', ')}, …`);

  steps.begin('Call the tool "echo"');
  await callEcho(url, 'Hello');

  steps.begin('Restart the session manager');
  await stack.stopServer();
  steps.tell('stopped');
  steps.baseUrl = await stack.startServer();
  steps.tell(`It listens on ${steps.baseUrl} now`);

  steps.begin('The session is still there, its file too, and its tool still answers');
  const found = await steps.request<Session>(200, 'GET', url);
  steps.expect(found.id === session.id && found.mcpClientIds.includes('everything'), 'the session with its client');
  const text = await readFile(note, 'utf8');
  steps.expect(text === NOTE, 'the file as it was written', text);
  steps.tell(`plan.txt says "${text.trim()}"`);
  await callEcho(url, 'Hello again');

  steps.begin('Update the system prompt');
  await steps.request(200, 'PUT', `${url}/system-prompt`, { systemPrompt: PROMPT });
  const { systemPrompt } = await steps.request<{ systemPrompt: string }>(200, 'GET', `${url}/system-prompt`);
  steps.expect(systemPrompt === PROMPT, 'the new prompt');
  steps.tell(`it is "${systemPrompt}"`);

  steps.begin('Look at the usage');
  await expectActive(1);

  steps.begin('End the session');
  await steps.request(204, 'DELETE', url);
  await steps.request(404, 'GET', url);

  steps.begin('Its directory is gone and its seat is free');
  steps.expect(!existsSync(session.workspacePath), 'the directory to be gone', session.workspacePath);
  steps.tell(`${session.workspacePath} is gone`);
  await expectActive(0);
  await steps.request(201, 'POST', '/sessions', {});
  steps.tell('the next session has taken the seat');
}

async function callEcho(url: string, message: string): Promise<void> {
  const call = { name: 'echo', arguments: { message } };
  const { content } = await steps.request<ToolResult>(200, 'POST', `${url}/mcp-clients/everything/tool-calls`, call);
  steps.expect(content[0]?.text.includes(message) === true, `an echo of "${message}"`);
  steps.tell(`it said "${content[0]?.text}"`);
}

async function expectActive(active: number): Promise<void> {
  const { user, all } = await steps.request<Usage>(200, 'GET', '/usage');
  steps.expect(user.active === active && all.active === active && all.limit === 1, `${active} active of 1`);
  steps.tell(`${all.active} of ${all.limit} sessions`);
}

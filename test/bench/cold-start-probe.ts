/**
 * Measures one cold start, in a fresh process: how long the import of a handler takes, and until DynamoDB has answered its
 * first call (ms). `cpu`: of the processor, all threads of the process together.
 */
import { subscribe } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => Promise<{ statusCode?: number }>;

const [file = '', event = ''] = process.argv.slice(2);
const handler = pathToFileURL(file).href;
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();

function sinceStart() {
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ms: performance.now() - startedAt, cpu: (user + system) / 1000 };
}

const context = { awsRequestId: 'cold-start', functionName: 'cold-start', getRemainingTimeInMillis: () => 20_000 };
let answered: ReturnType<typeof sinceStart> | undefined;
subscribe('http.client.response.finish', () => (answered ??= sinceStart()));
const loaded = (await import(handler)) as { handler: Handler };
const imported = sinceStart();
const answer = event === '' ? undefined : await loaded.handler(JSON.parse(event), context);
process.stderr.write(`\n${JSON.stringify({ imported, answered, status: answer?.statusCode })}\n`);
process.exit(0);

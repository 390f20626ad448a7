import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../lib/configuration.ts';
import { dynamoDbClient } from '../../lib/composition/clients.ts';
import type { SweepResult } from '../../lib/sessions/sweep/sweep.ts';
import { ChildProgram } from '../../local/child-program.ts';
import { startDynamoDbLocal } from '../../local/dynamodb-local.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { recordingServer } from '../mcp-clients/recording-server.ts';
import { watchMemory, type MemoryReport } from './memory.ts';
import { SoakCaller, type SoakCounts } from './soak-caller.ts';

const CALLERS = 8;
const START_MS = 60_000;
const SWEEP_EVERY_MS = 5_000;
/** Longer than any caller is between two calls. */
const IDLE_SECONDS = 30;
const OPERATOR = { 'x-role': 'operator' };
const PROJECT = path.resolve(import.meta.dirname, '../..');
const minutes = Number(process.env.SOAK_MINUTES ?? 10);

const directory = await mkdtemp(path.join(tmpdir(), 'soak-'));
const database = await startDynamoDbLocal();
const mcp = await recordingServer();
const env = {
  PORT: '0',
  LOG_LEVEL: 'ERROR',
  DYNAMODB_ENDPOINT: database.endpoint,
  TABLE_NAME: 'soak',
  LOCAL_DATA_DIR: directory,
  WORKSPACE_ROOT: path.join(directory, 'workspaces'),
  MAX_SESSIONS: '40',
  TOUCH_INTERVAL_SECONDS: '0',
  MAX_SESSIONS_PER_USER: '10',
  MCP_ALLOW_LOOPBACK: 'true',
};
const { PATH, HOME } = process.env;
const server = new ChildProgram(
  process.execPath,
  ['--import', 'tsx', 'local/main.ts'],
  { PATH, HOME, ...env },
  PROJECT,
);
try {
  await mkdir(env.WORKSPACE_ROOT, { recursive: true });
  const [, url = ''] = await server.untilPrinted(/listening on (http:\/\/127\.0\.0\.1:\d+)/, START_MS);
  process.exitCode = await soak(url);
} finally {
  await server.stop();
  await mcp.close();
  await database.stop();
  await rm(directory, { recursive: true, force: true });
}

/** Gives the exit code: 0 if every bound was kept. */
async function soak(url: string): Promise<number> {
  const counts: SoakCounts = { answers: {}, slowestMs: 0, wrong: [] };
  const callers = Array.from({ length: CALLERS }, (_, at) => new SoakCaller(`user-${at}`, url, mcp.url, counts));
  const operator = new SoakCaller('operator', url, mcp.url, counts);
  const sweep = async (inactiveForSeconds: number): Promise<SweepResult> => {
    const answer = await operator.ask('POST cleanup', '/cleanup', { json: { inactiveForSeconds } }, [200], OPERATOR);
    return answer?.body as SweepResult;
  };
  const swept = new Set<string>();
  const sweeps = async (end: number): Promise<void> => {
    while (Date.now() < end) {
      await sleep(SWEEP_EVERY_MS);
      for (const id of (await sweep(IDLE_SECONDS)).cleaned) swept.add(id);
      mcp.requests.length = 0;
    }
  };
  const memory = watchMemory(server.pid);
  const end = Date.now() + minutes * 60_000;
  await Promise.all([...callers.map((caller) => caller.until(end)), sweeps(end)]);
  const report = await memory.report();
  const existing = callers.flatMap((caller) => [...caller.existing]).filter((id) => !swept.has(id));
  const ended = [...callers.flatMap((caller) => [...caller.ended]), ...swept];
  const config = readConfig(env);
  const client = dynamoDbClient(config, {});
  const place = { client, config, root: env.WORKSPACE_ROOT };
  const violations = await violationsAfterSweep(place, () => sweep(24 * 60 * 60), { existing, ended });
  client.destroy();
  process.stdout.write(told(counts, report, violations));
  return report.isFlat && violations.length === 0 && counts.wrong.length === 0 ? 0 : 1;
}

function told({ answers, slowestMs, wrong }: SoakCounts, memory: MemoryReport, violations: readonly string[]): string {
  const total = Object.values(answers).reduce((sum, count) => sum + count, 0);
  const mb = (value: number) => `${Math.round(value)} MB`;
  const rows = Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `# Soak: ${minutes} minutes, ${CALLERS} callers\n`,
    `- ${total} requests, the slowest ${slowestMs} ms`,
    `- memory of the server, medians of the thirds after the warm-up: ${memory.thirds.map(mb).join(', ')};`,
    `  at most ${mb(memory.peak)}, ${memory.samples} samples: ${memory.isFlat ? 'flat' : 'IT GROWS'}`,
    `- violations: ${violations.length}, answers that nobody may get: ${wrong.length}\n`,
    '| request and status | times |',
    '| --- | ---: |',
    ...rows.map(([name, count]) => `| ${name} | ${count} |`),
    '',
    ...[...violations, ...wrong.slice(0, 20)].map((line) => `- ${line}`),
    '',
  ].join('\n');
}

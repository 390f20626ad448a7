import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { bundleFunction } from '../../cdk/function-code.ts';
import type { FunctionName } from '../../cdk/function-rows.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { gatewayEvent } from '../stack/lambda/gateway-event.ts';
import { node24 } from '../stack/lambda/node24.ts';
import { median, spreadOf, type BenchResult } from './bench-result.ts';
import { ALL_LIMITS, ONE_KB_PROMPT } from './our-costs.ts';
import { RecordedTable, type Exchange } from './recorded-table.ts';
import type { Block, Directories, WarmAnswer, WarmOrder } from './warm-probe.ts';

const BLOCKS = 60;
const CALLS = 40;
const LISTED = 20;
/** Of what the bare client takes for the same requests. */
const BOUND = 1.3;
const HOUR = { TOUCH_INTERVAL_SECONDS: '3600' };
const ALWAYS = { TOUCH_INTERVAL_SECONDS: '0' };

interface Scenario {
  name: string;
  group: FunctionName;
  event: object;
  env?: Record<string, string>;
  /** What the calls end is there once. */
  once?: boolean;
  directories?: Directories;
}

type Measured = { scenario: Scenario; exchanges: Exchange[] } & WarmAnswer;

/**
 * What our code adds to DynamoDB's part of a call: warm calls of each function's bundle, against a bare document client
 * that sends the same requests and does the same with directories. Another process gives the recorded answers, and its time counts for neither.
 */
export async function benchWarm(): Promise<BenchResult> {
  const stack = await newStack(ALL_LIMITS);
  const table = await RecordedTable.start(stack.config.dynamodbEndpoint as string);
  const root = await mkdtemp(path.join(tmpdir(), 'warm-'));
  try {
    const probe = path.join(root, 'probe.mjs');
    bundleProbe(probe);
    const scenarios = await scenariosOn(stack);
    for (const group of new Set(scenarios.map((scenario) => scenario.group))) {
      bundleFunction(group, path.join(root, group));
    }
    const found: Measured[] = [];
    for (const scenario of scenarios) found.push(await timesOf(scenario, probe, root, stack, table));
    return resultOf(found);
  } finally {
    table.close();
    await rm(root, { recursive: true, force: true });
    await stack.close();
  }
}

async function scenariosOn({ manager, root }: TestStack): Promise<Scenario[]> {
  const headers = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
  const listed = await Promise.all(Array.from({ length: LISTED }, () => manager.createSession('ada', 'acme')));
  const [session, ended] = listed as [(typeof listed)[0], (typeof listed)[0]];
  await session.updateSystemPrompt(ONE_KB_PROMPT);
  const of = (sessionId: string) => ({ path: { sessionId }, headers });
  const get = gatewayEvent('GET /sessions/{sessionId}', of(session.id));
  const create = gatewayEvent('POST /sessions', { headers, body: { metadata: { job: 'nightly' } } });
  return [
    { name: 'create', group: 'lifecycle', event: create, directories: { made: path.join(root, 'bare') } },
    { name: 'get, within the touch interval', group: 'records', event: get, env: HOUR },
    { name: 'get with a touch', group: 'records', event: get, env: ALWAYS },
    { name: `list, ${LISTED} sessions`, group: 'records', event: gatewayEvent('GET /sessions', { headers }) },
    { name: 'usage, with its limits', group: 'records', event: gatewayEvent('GET /usage', { headers }) },
    {
      name: 'system prompt of 1 KB',
      group: 'records',
      event: gatewayEvent('GET /sessions/{sessionId}/system-prompt', of(session.id)),
      env: HOUR,
    },
    {
      name: 'end',
      group: 'lifecycle',
      event: gatewayEvent('DELETE /sessions/{sessionId}', of(ended.id)),
      once: true,
      directories: { ended: ended.getWorkspacePath() },
    },
  ];
}

function bundleProbe(outfile: string): void {
  buildSync({
    entryPoints: [path.join(import.meta.dirname, 'warm-probe.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}

async function timesOf(
  scenario: Scenario,
  probe: string,
  root: string,
  { config }: TestStack,
  table: RecordedTable,
): Promise<Measured> {
  const { group, event, directories, env, once: isOnce } = scenario;
  const child = fork(probe, {
    execPath: node24(),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...OWN_DATABASE,
      ...ALL_LIMITS,
      ...env,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_LAMBDA_FUNCTION_NAME: 'warm',
      METRICS_NAMESPACE: 'Warm',
      TABLE_NAME: config.tableName,
      WORKSPACE_ROOT: config.workspaceRoot,
      AWS_ENDPOINT_URL: table.url,
    },
  });
  try {
    table.record();
    await tell(child, { load: path.join(root, group, 'index.mjs'), event, directories });
    let { logged } = await tell(child, { call: true });
    const first = table.take();
    if (!isOnce) ({ logged } = await tell(child, { call: true }));
    const warm = isOnce ? first : table.take();
    // What a warm call does without may be asked for once more, where a cache has grown old.
    table.replay([...warm, ...first.filter(({ operation }) => warm.every((other) => other.operation !== operation))]);
    const times = await tell(child, { measure: warm, blocks: BLOCKS, calls: CALLS });
    return { scenario, exchanges: warm, ...times, logged };
  } finally {
    child.kill();
  }
}

async function tell(child: ChildProcess, order: WarmOrder): Promise<WarmAnswer> {
  child.send(order);
  const [answer] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the measured process has ended'))),
  ])) as [WarmAnswer];
  return answer;
}

function resultOf(found: Measured[]): BenchResult {
  const rows = found.map(({ scenario: { name }, exchanges, handler, bare, logged }) => {
    const ratios = (what: keyof Block) => handler.map((block, index) => block[what] / (bare[index] as Block)[what]);
    const [cpu, ms] = [ratios('cpu'), ratios('ms')];
    const each = (blocks: Block[]) => (median(blocks.map((block) => block.cpu)) / CALLS).toFixed(2);
    const cells = [name, exchanges.map(({ operation }) => operation).join(', '), each(bare), each(handler)];
    return {
      worst: Math.max(median(cpu), median(ms)),
      cells: [
        ...cells,
        median(cpu).toFixed(2),
        spreadOf(cpu, 2),
        median(ms).toFixed(2),
        spreadOf(ms, 2),
        String(logged),
      ],
    };
  });
  return {
    title: `Warm calls, against the bare client with the same requests (${BLOCKS} blocks of ${CALLS} calls each, in turn)`,
    columns: [
      'operation',
      'requests',
      'bare, ms of the processor',
      'ours',
      'ratio',
      'spread',
      'ratio by the clock',
      'spread',
      'bytes to the log',
    ],
    rows: rows.map(({ cells }) => cells),
    bound: `ratio at most ${BOUND}, by the processor and by the clock`,
    kept: rows.every(({ worst }) => worst <= BOUND),
  };
}

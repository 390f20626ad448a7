import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { bundleFunction } from '../../cdk/function-code.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../cdk/function-rows.ts';
import { OWN_DATABASE } from '../setup/own-database.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { gatewayEvent } from '../stack/lambda/gateway-event.ts';
import { loadedAtStart } from '../stack/lambda/loaded-at-start.ts';
import { node24 } from '../stack/lambda/node24.ts';
import { median, spreadOf, type BenchResult } from './bench-result.ts';

const ROUNDS = 15;
const BARE = 'bare client';
/** Of the bare client's: import, and import with the first call. */
const MOST: Partial<Record<FunctionName, number>> = { records: 0.9, lifecycle: 1, mcp: 1 };

interface Moment {
  ms: number;
  cpu: number;
}

interface ColdStart {
  imported: Moment;
  /** By DynamoDB, the first time. */
  answered?: Moment;
  status?: number;
}

interface Candidate {
  name: string;
  file: string;
  /** What makes it call DynamoDB; nothing where only its import is measured. */
  event?: object | undefined;
}

/**
 * Fresh processes of Node 24, one of each function after the other, against a handler that makes a `DynamoDBClient` and
 * nothing else. Each start is compared with the bare one of its own round, so that what slows a whole round down tells
 * nothing; bounded are the medians, of the processor's time and of the clock's alike.
 */
export async function benchColdStart(): Promise<BenchResult> {
  const stack = await newStack();
  const root = await mkdtemp(path.join(tmpdir(), 'cold-start-'));
  try {
    const candidates = await candidatesIn(root, stack);
    const probe = path.join(root, 'probe.mjs');
    // Not as TypeScript: what takes the types out would be at work meanwhile.
    buildSync({ entryPoints: [path.join(import.meta.dirname, 'cold-start-probe.ts')], outfile: probe });
    const starts = new Map<string, ColdStart[]>(candidates.map(({ name }) => [name, []]));
    // The first round reads files from the disk and does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
        const start = await startOf(probe, candidate, stack);
        if (round > 0) starts.get(candidate.name)?.push(start);
      }
    }
    return resultOf(candidates, starts);
  } finally {
    await rm(root, { recursive: true, force: true });
    await stack.close();
  }
}

async function candidatesIn(root: string, stack: TestStack): Promise<Candidate[]> {
  const headers = { 'x-user-id': 'ada', 'x-org-id': 'acme' };
  const session = await stack.manager.createSession('ada', 'acme');
  const one = { path: { sessionId: session.id }, headers };
  const events: Partial<Record<FunctionName, object>> = {
    records: gatewayEvent('GET /sessions/{sessionId}', one),
    lifecycle: gatewayEvent('POST /sessions', { headers, body: {} }),
    mcp: gatewayEvent('GET /sessions/{sessionId}/mcp-clients', one),
    workspace: gatewayEvent('GET /sessions/{sessionId}/files', { ...one, query: { path: 'none' } }),
  };
  const bare = path.join(root, 'bare', 'index.mjs');
  bundleBare(bare);
  const get = { TableName: stack.config.tableName, Key: { pk: { S: session.id }, sk: { S: 'none' } } };
  return [
    { name: BARE, file: bare, event: get },
    ...FUNCTION_NAMES.map((name) => {
      bundleFunction(name, path.join(root, name));
      return { name, file: path.join(root, name, 'index.mjs'), event: events[name] };
    }),
  ];
}

function bundleBare(outfile: string): void {
  const contents = `
    import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
    const client = new DynamoDBClient({});
    export const handler = (input) => client.send(new GetItemCommand(input));`;
  buildSync({
    stdin: { contents, resolveDir: import.meta.dirname },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}

async function startOf(probe: string, { file, event }: Candidate, { config }: TestStack): Promise<ColdStart> {
  const endpoint = config.dynamodbEndpoint as string;
  const env = {
    ...OWN_DATABASE,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_LAMBDA_FUNCTION_NAME: 'cold-start',
    METRICS_NAMESPACE: 'ColdStart',
    TABLE_NAME: config.tableName,
    WORKSPACE_ROOT: config.workspaceRoot,
    AWS_ENDPOINT_URL: endpoint,
  };
  const args = [probe, file, event === undefined ? '' : JSON.stringify(event)];
  const { stderr } = await promisify(execFile)(node24(), args, { env });
  const start = JSON.parse(stderr.trim().split('\n').at(-1) as string) as ColdStart;
  if ((start.status ?? 200) >= 500) throw new Error(`${file} answered ${start.status}`);
  return start;
}

type Stage = 'imported' | 'answered';

function resultOf(candidates: Candidate[], starts: Map<string, ColdStart[]>): BenchResult {
  const momentsOf = (name: string, stage: Stage) => (starts.get(name) ?? []).flatMap((start) => start[stage] ?? []);
  const ratiosOf = (name: string, stage: Stage, what: keyof Moment) => {
    const bare = momentsOf(BARE, stage);
    return momentsOf(name, stage).map((moment, round) => moment[what] / (bare[round] as Moment)[what]);
  };
  const cells = (name: string, stage: Stage) => {
    const moments = momentsOf(name, stage);
    if (moments.length === 0) return ['', '', '', ''];
    const [cpu, ms] = [ratiosOf(name, stage, 'cpu'), ratiosOf(name, stage, 'ms')];
    return [
      median(cpu).toFixed(2),
      median(ms).toFixed(2),
      spreadOf(ms, 2),
      median(moments.map((moment) => moment.ms)).toFixed(0),
    ];
  };
  const isWithin = ([name, most]: [string, number]) =>
    (['imported', 'answered'] as const).every((stage) =>
      (['cpu', 'ms'] as const).every((what) => median(ratiosOf(name, stage, what)) <= most),
    );
  return {
    title: `Cold start, Node 24, ${ROUNDS} fresh processes each, in turn`,
    columns: ['', 'kB at the start', 'kB in all']
      .concat(['import, processor', 'clock', 'spread', 'ms'])
      .concat(['with the first call, processor', 'clock', 'spread', 'ms']),
    rows: candidates.map(({ name, file }) => [
      name,
      kilobytes(sizeAtStart(file)),
      kilobytes(sizeOfAll(file)),
      ...cells(name, 'imported'),
      ...cells(name, 'answered'),
    ]),
    bound: `of the bare client's time, by the processor and by the clock: ${Object.entries(MOST)
      .map(([name, most]) => `${name} at most ${most}`)
      .join(', ')}, import and first call alike`,
    kept: Object.entries(MOST).every(isWithin),
  };
}

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0);

const sizeOf = (file: string, names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + statSync(path.join(path.dirname(file), name)).size, 0);

const sizeOfAll = (file: string): number =>
  sizeOf(
    file,
    readdirSync(path.dirname(file)).filter((name) => name.endsWith('.mjs')),
  );

const sizeAtStart = (file: string): number => sizeOf(file, loadedAtStart(path.dirname(file)));

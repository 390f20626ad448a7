import { functionRows, type FunctionName } from '../../cdk/function-rows.ts';
import { priceOf } from './prices.ts';

/** What one call of an operation uses, over HTTP. */
interface Usage {
  function: FunctionName;
  /** Billed, on a warm function: an assumption, as its logs will say. */
  ms: number;
  readUnits: number;
  writeUnits: number;
  kmsRequests?: number;
  /** Calls of EFS, which bills at least 32 KiB for one that moves data, and 4 KiB for one that does not. */
  efs?: { dataReads?: number; dataWrites?: number; metadataReads?: number; metadataWrites?: number };
  /** The table's stream tells `session-events` of it, which sends an event. Of a batch of one record, the most that it can cost. */
  event?: { ms: number };
}

const EVENT_MS = 20;

/** The units of DynamoDB are those that the benchmark measures, which a test compares. */
export const USAGES: Readonly<Record<string, Usage>> = {
  create: {
    function: 'lifecycle',
    ms: 60,
    readUnits: 0,
    writeUnits: 16,
    efs: { metadataReads: 4, metadataWrites: 2 },
    event: { ms: EVENT_MS },
  },
  'get, active within the touch interval': { function: 'records', ms: 15, readUnits: 1, writeUnits: 0 },
  'get with a touch': { function: 'records', ms: 20, readUnits: 1, writeUnits: 1 },
  'list, a page': { function: 'records', ms: 20, readUnits: 3, writeUnits: 0 },
  'count of a user': { function: 'records', ms: 15, readUnits: 1, writeUnits: 0 },
  'add an MCP client': {
    function: 'mcp',
    ms: 600,
    readUnits: 1,
    writeUnits: 4,
    kmsRequests: 1,
    event: { ms: EVENT_MS },
  },
  'call a tool': { function: 'mcp', ms: 500, readUnits: 2, writeUnits: 0, kmsRequests: 1 },
  'write a file of 1 KB': {
    function: 'workspace',
    ms: 50,
    readUnits: 1,
    writeUnits: 0,
    efs: { dataWrites: 1, metadataReads: 6, metadataWrites: 3 },
  },
  'read a file of 1 KB': {
    function: 'workspace',
    ms: 30,
    readUnits: 1,
    writeUnits: 0,
    efs: { dataReads: 1, metadataReads: 6 },
  },
  'end, with an MCP client': {
    function: 'lifecycle',
    ms: 80,
    readUnits: 1,
    writeUnits: 19,
    efs: { metadataReads: 4, metadataWrites: 3 },
    // `session-events` opens the client's credentials and ends its session on the MCP server.
    kmsRequests: 1,
    event: { ms: 200 },
  },
};

const MILLION = 1e6;
const GB = 1e9;
const KIB_IN_GIB = 2 ** 20;
const DATA_KIB = 32;
const METADATA_KIB = 4;
/** The audit line with its metrics, and Lambda's own two lines. */
const LOG_BYTES = 1_650;
const ACCESS_LOG_BYTES = 400;
/** Of many requests a second. One a second is traced besides. */
const TRACED = 0.05;

/** Dollars for a million calls, by what they are paid for. */
export function costOf(operation: string): Record<string, number> {
  const usage = USAGES[operation];
  if (!usage) throw new Error(`What does ${operation} use?`);
  const { dataReads = 0, dataWrites = 0, metadataReads = 0, metadataWrites = 0 } = usage.efs ?? {};
  const runs: [FunctionName, number][] = [
    [usage.function, usage.ms],
    ...(usage.event ? [['session-events', usage.event.ms] as [FunctionName, number]] : []),
  ];
  const ofEach: Record<string, number> = {
    gateway: priceOf('httpApiRequest'),
    Lambda: runs.reduce((sum, [name, ms]) => sum + runCost(name, ms), 0),
    DynamoDB: usage.readUnits * priceOf('dynamoDbReadUnit') + usage.writeUnits * priceOf('dynamoDbWriteUnit'),
    logs: ((runs.length * LOG_BYTES) / GB) * priceOf('logsGb'),
    'access log': (ACCESS_LOG_BYTES / GB) * priceOf('logsGb'),
    traces: runs.length * TRACED * priceOf('trace'),
    EFS: efsCost('efsReadGb', dataReads, metadataReads) + efsCost('efsWriteGb', dataWrites, metadataWrites),
    'KMS, events': (usage.kmsRequests ?? 0) * priceOf('kmsRequest') + (usage.event ? priceOf('event') : 0),
  };
  return Object.fromEntries(Object.entries(ofEach).map(([part, dollars]) => [part, dollars * MILLION]));
}

export const allIn = (operation: string): number =>
  Object.values(costOf(operation)).reduce((sum, dollars) => sum + dollars, 0);

const runCost = (name: FunctionName, ms: number): number =>
  priceOf('lambdaRequest') + (functionRows[name].memoryMb / 1024) * (ms / 1000) * priceOf('lambdaArmGbSecond');

const efsCost = (unit: string, data: number, metadata: number): number =>
  ((data * DATA_KIB + metadata * METADATA_KIB) / KIB_IN_GIB) * priceOf(unit);

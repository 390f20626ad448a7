/**
 * Measures warm calls of a function's bundle in a process of its own, in turn with a bare document client that sends what
 * the function sent, and takes the same steps with directories: the processor's time of all calls of a block
 * together (`cpu`), and the clock's (`ms`).
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient, type AttributeValue } from '@aws-sdk/client-dynamodb';
import * as commands from '@aws-sdk/lib-dynamodb';
import { convertToNative } from '@aws-sdk/util-dynamodb';
import type { Exchange } from './recorded-table.ts';

/** What a call does besides its requests: makes a directory aside and moves it in, or moves one out and removes it. */
export type Directories = { made: string } | { ended: string };

export type WarmOrder =
  | { load: string; event: object; directories: Directories | undefined }
  | { call: true }
  | { measure: Exchange[]; blocks: number; calls: number };

export interface Block {
  cpu: number;
  ms: number;
}

export interface WarmTimes {
  handler: Block[];
  bare: Block[];
}

/** What the process answers: with times, where it has measured some; `logged`: bytes that one call has written to the log. */
export type WarmAnswer = WarmTimes & { logged: number };

type Call = () => Promise<unknown>;
type Handler = (event: unknown, context: object) => Promise<{ statusCode?: number }>;
type CommandClass = new (input: unknown) => commands.GetCommand;

/** Until code is compiled as it will be. */
const WARMING_BLOCKS = 20;
const ATTRIBUTE_TYPES = new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS']);

const context = { awsRequestId: 'warm', functionName: 'warm', getRemainingTimeInMillis: () => 20_000 };
const client = commands.DynamoDBDocumentClient.from(new DynamoDBClient({}));
let callHandler: Call | undefined;
let prepare: Call = () => Promise.resolve();
let withDirectories = (sends: Call[]): Call[] => sends;

process.on('message', (order: WarmOrder) => {
  carryOut(order).then(
    (answer) => process.send?.({ handler: [], bare: [], logged: 0, ...answer }),
    (thrown: unknown) => {
      throw thrown;
    },
  );
});

async function carryOut(order: WarmOrder): Promise<Partial<WarmAnswer>> {
  if ('load' in order) {
    const { directories, event } = order;
    const { handler } = (await import(pathToFileURL(order.load).href)) as { handler: Handler };
    if (directories) await useDirectories(directories);
    callHandler = async () => {
      const { statusCode = 500 } = await handler(event, context);
      if (statusCode >= 300) throw new Error(`the handler answered ${statusCode}`);
    };
    return {};
  }
  if ('call' in order) return { logged: await loggedBy(callHandler as Call) };
  return measured(order.measure, order.blocks, order.calls);
}

async function loggedBy(call: Call): Promise<number> {
  const write = process.stdout.write.bind(process.stdout);
  let bytes = 0;
  process.stdout.write = (written: string | Uint8Array) => {
    bytes += Buffer.byteLength(written);
    return true;
  };
  await call();
  process.stdout.write = write;
  return bytes;
}

/** Among the requests, the steps with directories come where the function has them. */
async function useDirectories(directories: Directories): Promise<void> {
  if ('ended' in directories) {
    const { ended } = directories;
    let out = '';
    const moveOut = async () => {
      out = `${ended}.${randomUUID()}`;
      await stat(path.dirname(out));
      await rename(ended, out);
      // The user's own goes with the last session, which this is not.
      await rmdir(path.dirname(ended)).catch(() => undefined);
    };
    prepare = () => mkdir(ended, { recursive: true });
    withDirectories = (sends) => [...sends.slice(0, -1), moveOut, ...sends.slice(-1), () => rmdir(out)];
    return;
  }
  const [aside, user] = [path.join(directories.made, 'aside'), path.join(directories.made, 'user')];
  for (const directory of [aside, user]) await mkdir(directory, { recursive: true });
  let name = '';
  const make = async () => {
    name = randomUUID();
    await mkdir(path.join(aside, name), { mode: 0o700 });
    await chmod(path.join(aside, name), 0o700);
  };
  const publish = () => rename(path.join(aside, name), path.join(user, name));
  withDirectories = (sends) => [make, ...sends, publish];
}

async function measured(exchanges: Exchange[], blocks: number, calls: number): Promise<WarmTimes> {
  const sends = exchanges.map(({ operation, request }): Call => {
    const name = `${operation.replace(/Items?$/, '')}Command` as 'GetCommand';
    const Command = commands[name] as unknown as CommandClass;
    const input = native(JSON.parse(request));
    return () => client.send(new Command(input));
  });
  const steps = withDirectories(sends);
  const bareCall = async () => {
    for (const step of steps) await step();
  };
  const times: WarmTimes = { handler: [], bare: [] };
  for (let block = -WARMING_BLOCKS; block < blocks; block++) {
    const [bare, handler] = [await blockOf(bareCall, calls), await blockOf(callHandler as Call, calls)];
    if (block < 0) continue;
    times.bare.push(bare);
    times.handler.push(handler);
  }
  return times;
}

async function blockOf(call: Call, calls: number): Promise<Block> {
  const block = { cpu: 0, ms: 0 };
  for (let done = 0; done < calls; done++) {
    await prepare();
    const [cpuBefore, startedAt] = [process.cpuUsage(), performance.now()];
    await call();
    const { user, system } = process.cpuUsage(cpuBefore);
    block.cpu += (user + system) / 1000;
    block.ms += performance.now() - startedAt;
  }
  return block;
}

/** What stands in a request, as whoever wrote it had it. */
function native(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(native);
  const entries = Object.entries(value);
  const [type, content] = entries[0] ?? [];
  if (entries.length === 1 && ATTRIBUTE_TYPES.has(type as string)) {
    return type === 'B' ? Buffer.from(content as string, 'base64') : convertToNative(value as AttributeValue);
  }
  return Object.fromEntries(entries.map(([name, inner]) => [name, native(inner)]));
}

import { anotherInstance } from '../mcp-clients/instance.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { newDatabase } from '../setup/own-database.ts';
import { LateIndexes } from '../setup/late-indexes.ts';
import { newStack, TestClock } from '../setup/test-stack.ts';
import { Chance } from './chance.ts';
import type { FileFaults } from './file-faults.ts';
import { randomFaults } from './random-dynamodb-faults.ts';
import { FaultCaller, FORGOTTEN_SECONDS, listedOf, nothingTold, type Told } from './workload.ts';

const CALLERS = 16;
const ORGS = ['org-0', 'org-1'];

type Counts = Record<string, number>;

export interface FaultReport {
  told: Told;
  /** How often which fault came. */
  injected: Counts;
  violations: string[];
}

/**
 * Random operations of 16 callers at once over two instances, with faults at `rate` and late indexes; then one sweep
 * without, and a look.
 */
export async function underFaults(
  files: FileFaults,
  operations: number,
  rate: number,
  seed: number,
): Promise<FaultReport> {
  const clock = new TestClock();
  const limits = { MAX_SESSIONS: '40', MAX_SESSIONS_PER_USER: '6', TOUCH_INTERVAL_SECONDS: '0' };
  const stack = await newStack({ ...newDatabase(), ...limits }, clock);
  const other = anotherInstance(stack, undefined, clock.now);
  const chance = new Chance(seed);
  const told = nothingTold();
  const mcpFaults: Counts = {};
  const mcp = await mcpServer(rate, new Chance(`${seed} MCP`), mcpFaults);
  const indexes = new LateIndexes(stack, { seed });
  for (const { client } of [stack, other]) indexes.between(client);
  const faults = [stack.client, other.client].map((client) => randomFaults(client, rate, chance));
  files.begin(stack.root, rate, chance);
  const managers = [stack.manager, other.manager];
  try {
    const callers = Array.from({ length: CALLERS }, (_, index) => {
      const owner = { userId: `user-${index % 5}`, orgId: ORGS[index % 2] as string };
      return new FaultCaller(
        `caller ${index}`,
        () => chance.oneOf(managers),
        owner,
        { endpoint: mcp.url, clock },
        told,
        new Chance(`${seed} caller ${index}`),
      );
    });
    await Promise.all(callers.map((caller) => caller.run(Math.ceil(operations / CALLERS))));
    files.end();
    for (const { restore } of faults) await restore();
    indexes.catchUp();
    clock.advance({ seconds: FORGOTTEN_SECONDS + 1 });
    const sweep = () => stack.manager.cleanupInactiveSessions();
    const { existing, forgotten } = told;
    const ended = [...told.ended, ...forgotten];
    const violations = await violationsAfterSweep(stack, sweep, { existing, ended, undecided: [] });
    const listed = (await Promise.all(ORGS.map((orgId) => listedOf(stack.manager, orgId)))).flat().sort();
    if (listed.join() !== [...existing].sort().join()) told.misled.push('the lists are not the sessions there are');
    const injected = sumOf([files.counts, mcpFaults, indexes.counts, ...faults.map(({ counts }) => counts)]);
    return { told, injected, violations };
  } finally {
    files.end();
    indexes.close();
    other.close();
    await mcp.close();
    await stack.close();
  }
}

function sumOf(all: Counts[]): Counts {
  const sums: Counts = {};
  for (const [name, count] of all.flatMap((counts) => Object.entries(counts))) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/** It answers with an error, forgets its sessions or hangs up, at `rate`. */
async function mcpServer(rate: number, chance: Chance, counts: Counts): Promise<RecordingServer> {
  const server = await recordingServer({
    before: (_request, response) => {
      if (chance.next() >= rate) return false;
      const fault = chance.oneOf(['error', 'forget', 'hang up'] as const);
      counts[fault] = (counts[fault] ?? 0) + 1;
      if (fault === 'forget') server.forgetSessions();
      if (fault === 'error') response.writeHead(500).end();
      if (fault === 'hang up') response.destroy();
      return fault !== 'forget';
    },
  });
  return server;
}

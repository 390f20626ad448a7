import { anotherInstance } from '../mcp/instance.ts';
import { recordingServer, type RecordingServer } from '../mcp/recording-server.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { newStack } from '../setup/test-stack.ts';
import { Chance } from './chance.ts';
import type { FileFaults } from './file-faults.ts';
import { randomFaults } from './random-dynamodb-faults.ts';
import { FaultCaller, nothingTold, type Told } from './workload.ts';

const CALLERS = 16;

export interface FaultReport {
  told: Told;
  /** How often which fault came. */
  injected: Record<string, number>;
  violations: string[];
}

/** Random operations of 16 callers at once over two instances, with faults at `rate`; then one sweep without, and a look. */
export async function underFaults(
  files: FileFaults,
  operations: number,
  rate: number,
  seed: number,
): Promise<FaultReport> {
  const stack = await newStack({ MAX_SESSIONS: '40', MAX_SESSIONS_PER_USER: '6', TOUCH_INTERVAL_SECONDS: '0' });
  const other = anotherInstance(stack);
  const chance = new Chance(seed);
  const told = nothingTold();
  const mcp = await mcpServer(rate, new Chance(`${seed} MCP`));
  const faults = [stack.client, other.client].map((client) => randomFaults(client, rate, chance));
  files.begin(stack.root, rate, chance);
  const managers = [stack.manager, other.manager];
  try {
    const callers = Array.from({ length: CALLERS }, (_, index) => {
      const owner = { userId: `user-${index % 5}`, orgId: `org-${index % 2}` };
      return new FaultCaller(
        `caller ${index}`,
        () => chance.oneOf(managers),
        owner,
        mcp.url,
        told,
        new Chance(`${seed} caller ${index}`),
      );
    });
    await Promise.all(callers.map((caller) => caller.run(Math.ceil(operations / CALLERS))));
    files.end();
    for (const { restore } of faults) restore();
    const sweep = () => stack.manager.cleanupInactiveSessions();
    const { existing, ended } = told;
    const violations = await violationsAfterSweep(stack, sweep, { existing, ended, undecided: [] });
    const injected = Object.assign({}, files.counts, ...faults.map(({ counts }) => counts)) as Record<string, number>;
    return { told, injected, violations };
  } finally {
    files.end();
    other.close();
    await mcp.close();
    await stack.close();
  }
}

/** It answers with an error, forgets its sessions or hangs up, at `rate`. */
async function mcpServer(rate: number, chance: Chance): Promise<RecordingServer> {
  const server = await recordingServer({
    before: (_request, response) => {
      if (chance.next() >= rate) return false;
      const fault = chance.oneOf(['error', 'forget', 'hang up'] as const);
      if (fault === 'forget') server.forgetSessions();
      if (fault === 'error') response.writeHead(500).end();
      if (fault === 'hang up') response.destroy();
      return fault !== 'forget';
    },
  });
  return server;
}

import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { sessionManagerParts, type SessionManagerParts } from '../../lib/composition/session-manager-parts.ts';
import type { McpConnection, McpConnector } from '../../lib/mcp-clients/mcp-connector.ts';
import { APPLICATION } from '../../lib/identity.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import type { McpConnectionState } from '../../lib/mcp-clients/mcp-client-store.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import { outside } from '../crash-points/simulated-process.ts';
import { readState } from '../invariants/stored-state.ts';
import { violationsAfterSweep } from '../invariants/invariants.ts';
import { newStack, TestClock, type TestStack } from '../setup/test-stack.ts';
import type { Answer } from './answer.ts';
import { MAX_MCP_CLIENTS, ManagerModel } from './manager-model.ts';
import { TOUCH_MS } from './model-session.ts';
import { documentClient } from '../setup/document-client.ts';
import { interpose } from '../setup/interpose.ts';
import { LateIndexes } from '../setup/late-indexes.ts';
import { TABLE } from '../../lib/table/table-definition.ts';

export const PRESETS = { global: 5, org: 4, user: 3 };
/** Longer than an instance keeps layers to compose with. */
export const CREATED_LAYERS_MS = 5_001;
const BATCH = 25;
const TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60 * 1000;

/** A server that every endpoint leads to; calls go nowhere. */
const connector: McpConnector = {
  connect: async () => connectionOf({ ...SERVER, connectionId: randomUUID() }),
  look: async () => undefined,
  resume: async (_target, state) => connectionOf(state),
};
const SERVER = {
  transport: 'streamable-http',
  protocolVersion: '2025-11-25',
  serverInfo: { name: 'echo', version: '1' },
  capabilities: '{}',
} as const;
const connectionOf = (state: McpConnectionState): McpConnection => ({
  state,
  isSuspect: false,
  isAlive: async () => true,
  listTools: async () => ({ tools: [] }),
  callTool: async (_name, { text }) => ({ said: `called by ${String(text)}` }),
  terminate: async () => undefined,
  close: async () => undefined,
});

/** Two instances that have just been started, at a time of their own, and the model of what they do. */
export interface Run {
  managers: readonly SessionManager[];
  model: ManagerModel;
  clock: TestClock;
  /** Those that the instances read, where they are late. */
  indexes: LateIndexes | undefined;
  /** Ids that callers have been told. */
  known: string[];
  note(kind: string, answer: Answer): void;
}

/** A table and a workspace root that all runs share, one after the other. */
export class ModelWorld {
  readonly stack: TestStack;
  /** How often each kind of call answered what. */
  readonly seen: Record<string, number> = {};

  private readonly indexes: LateIndexes | undefined;

  private constructor(stack: TestStack, indexes: LateIndexes | undefined) {
    this.stack = stack;
    this.indexes = indexes;
  }

  /** With late indexes a sweep may miss what is due, and nothing else may be different. */
  static async open({ hasLateIndexes }: { hasLateIndexes: boolean }): Promise<ModelWorld> {
    const stack = await newStack({
      MAX_SESSIONS: String(PRESETS.global),
      MAX_SESSIONS_PER_ORG: String(PRESETS.org),
      MAX_SESSIONS_PER_USER: String(PRESETS.user),
      MAX_MCP_CLIENTS_PER_SESSION: String(MAX_MCP_CLIENTS),
      TOUCH_INTERVAL_SECONDS: String(TOUCH_MS / 1000),
    });
    interpose(
      stack.client,
      (next, context) => (args) => outside({ name: String(context.commandName), overNetwork: true }, () => next(args)),
      { step: 'finalizeRequest', priority: 'low', name: 'outside' },
    );
    const indexes = hasLateIndexes ? new LateIndexes(stack, { seed: 0, hides: [TABLE.indexes.due.name] }) : undefined;
    indexes?.between(stack.client);
    return new ModelWorld(stack, indexes);
  }

  note(kind: string, answer: Answer): void {
    const what = `${kind} ${'ok' in answer ? 'ok' : answer.code}`;
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  /** What instances have read that is not as it is. */
  get lateness(): string[] {
    return Object.keys(this.indexes?.counts ?? {}).sort();
  }

  /** `seed`: of how late indexes are. */
  begin(seed: number): Run {
    this.indexes?.restart(seed);
    const clock = new TestClock();
    const managers = [0, 1].map(() => new SessionManager(this.instance(clock).manager, APPLICATION));
    return {
      managers,
      clock,
      model: new ManagerModel(clock.now().getTime(), PRESETS),
      indexes: this.indexes,
      known: [],
      note: (kind, answer) => this.note(kind, answer),
    };
  }

  /** What is not as it should be after a run, whose sessions are to be those of the model. */
  async violations({ managers, model, known }: Run): Promise<string[]> {
    const [manager] = managers as [SessionManager];
    const sweep = async () => {
      // It tidies, and nobody has been idle for so long.
      return manager.cleanupInactiveSessions(TEN_YEARS_MS);
    };
    const existing = new Set(model.existing);
    const ended = known.filter((id) => !existing.has(id));
    // Limits may have been lowered; each answer of a create was compared.
    return violationsAfterSweep(this.stack, sweep, { existing, ended, undecided: [], limitOf: () => 0 });
  }

  /** Nothing is left of the run. */
  async clear(): Promise<void> {
    const { client, config, root } = this.stack;
    const { items } = await readState({ client, tableName: config.tableName, root });
    const documents = documentClient(client);
    for (let first = 0; first < items.length; first += BATCH) {
      const deletes = items.slice(first, first + BATCH).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
      await documents.send(new BatchWriteCommand({ RequestItems: { [config.tableName]: deletes } }));
    }
    for (const name of await readdir(root)) await rm(path.join(root, name), { recursive: true, force: true });
  }

  close(): Promise<void> {
    this.indexes?.close();
    return this.stack.close();
  }

  private instance(clock: TestClock): SessionManagerParts {
    const { client, config, log, options } = this.stack;
    return sessionManagerParts({
      table: new DynamoTable(client, config.tableName),
      workspaces: new Workspaces(config.workspaceRoot),
      mcp: connector,
      secrets: { seal: failing, open: failing },
      log,
      settings: options.settings,
      auditLogger: { log: () => undefined },
      now: clock.now,
    });
  }
}

/** None of the clients has credentials. */
const failing = async (): Promise<never> => {
  throw new Error('nothing is sealed here');
};

export const openModelWorld = (how = { hasLateIndexes: false }): Promise<ModelWorld> => ModelWorld.open(how);

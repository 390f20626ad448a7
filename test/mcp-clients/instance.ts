import { readConfig } from '../../lib/configuration.ts';
import { sessionManagerParts } from '../../lib/composition/session-manager-parts.ts';
import type { McpConnector, McpTarget } from '../../lib/mcp-clients/mcp-connector.ts';
import { mcpServices } from '../../lib/composition/mcp.ts';
import { dynamoDbClient } from '../../lib/composition/clients.ts';
import { APPLICATION } from '../../lib/identity.ts';
import { SessionManager } from '../../lib/sessions/session-manager.ts';
import { DynamoTable } from '../../lib/table/dynamo-table.ts';
import { Workspaces } from '../../lib/workspaces/workspaces.ts';
import type { TestStack } from '../setup/test-stack.ts';

/** Another instance on the table and the workspaces of a stack, as another Lambda would be. */
export function anotherInstance(stack: TestStack, mcp?: McpConnector, now?: () => Date) {
  const config = readConfig(stack.env);
  const { connector, secrets } = mcpServices(config, process.env);
  const client = dynamoDbClient(config, stack.env);
  const parts = sessionManagerParts({
    table: new DynamoTable(client, config.tableName),
    workspaces: new Workspaces(config.workspaceRoot),
    mcp: mcp ?? connector,
    secrets,
    log: stack.log,
    settings: config,
    auditLogger: { log: () => undefined },
    now,
  });
  return { parts, client, manager: new SessionManager(parts.manager, APPLICATION), close: () => client.destroy() };
}

/** Waits after each initialization until `count` of them are done: all have connected before any is stored. */
export function connectingTogether(stack: TestStack, count: number): McpConnector {
  const { connector } = mcpServices(stack.config, process.env);
  let waiting = count;
  let release = () => {};
  const together = new Promise<void>((resolve) => (release = resolve));
  return {
    async connect(target) {
      const connection = await connector.connect(target);
      if (--waiting === 0) release();
      await together;
      return connection;
    },
    look: (target) => connector.look(target),
    resume: (target, state) => connector.resume(target, state),
  };
}

/** A server without credentials. */
export const targetAt = (endpoint: string): McpTarget => ({
  address: { type: 'http', endpoint },
  credentials: {},
  credentialsId: '',
  workspacePath: '',
  timeoutMs: 5_000,
});

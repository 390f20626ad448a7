import { readConfig } from '../../lib/config.ts';
import { ManagerParts } from '../../lib/manager-parts.ts';
import type { McpConnector } from '../../lib/mcp/mcp-connector.ts';
import { streamableHttpConnector } from '../../lib/mcp/streamable-http-connector.ts';
import { documentClient, dynamoDbClient } from '../../lib/services.ts';
import { SessionManagerV2 } from '../../lib/session-manager.ts';
import { DynamoTable } from '../../lib/store/dynamo-table.ts';
import { Workspaces } from '../../lib/workspace/workspaces.ts';
import type { TestStack } from '../setup/test-stack.ts';

/** Another instance on the table and the workspaces of a stack, as another Lambda would be. */
export function anotherInstance(stack: TestStack, mcp: McpConnector = streamableHttpConnector) {
  const config = readConfig(stack.env);
  const client = dynamoDbClient(config, {});
  const parts = new ManagerParts({
    table: new DynamoTable(documentClient(client), config.tableName),
    workspaces: new Workspaces(config.workspaceRoot),
    mcp,
    log: stack.log,
    settings: config,
    auditLogger: { log: () => undefined },
  });
  return { parts, manager: new SessionManagerV2(parts), close: () => client.destroy() };
}

/** Waits after each initialization until `count` of them are done: all have connected before any is stored. */
export function connectingTogether(count: number): McpConnector {
  let waiting = count;
  let release = () => {};
  const together = new Promise<void>((resolve) => (release = resolve));
  return {
    async connect(target) {
      const connection = await streamableHttpConnector.connect(target);
      if (--waiting === 0) release();
      await together;
      return connection;
    },
    resume: (target, state) => streamableHttpConnector.resume(target, state),
  };
}

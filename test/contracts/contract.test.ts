import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { startServer, type LocalServer } from '../local/local-server.ts';
import { startEverythingServer, type EverythingServer } from '../mcp-clients/everything-server.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { attachmentScenarios } from './attachment-scenarios.ts';
import { callerScenarios } from './caller-scenarios.ts';
import { conditionScenarios } from './condition-scenarios.ts';
import { directoryScenarios } from './directory-scenarios.ts';
import type { Door } from './door.ts';
import { directDoor, handlerDoor, httpClientDoor, httpDoor, lambdaClientDoor } from './doors.ts';
import { fileScenarios } from './file-scenarios.ts';
import { limitScenarios } from './limit-scenarios.ts';
import { moveScenarios } from './move-scenarios.ts';
import { promptScenarios } from './prompt-scenarios.ts';
import { sessionScenarios } from './session-scenarios.ts';
import { STAGE_ENV } from './stage.ts';
import { tokenScenarios } from './token-scenarios.ts';
import { transferScenarios } from './transfer-scenarios.ts';

const scenarios = {
  ...sessionScenarios,
  ...callerScenarios,
  ...attachmentScenarios,
  ...fileScenarios,
  ...directoryScenarios,
  ...moveScenarios,
  ...transferScenarios,
  ...conditionScenarios,
  ...promptScenarios,
  ...limitScenarios,
  ...tokenScenarios,
};

/** The same stack for all doors: in this process, and in a server that shares its table and workspaces. */
describe('the contract', () => {
  let stack: TestStack;
  let server: LocalServer;
  let mcp: EverythingServer;
  beforeAll(async () => {
    stack = await newStack(STAGE_ENV);
    [server, mcp] = await Promise.all([startServer(stack.env), startEverythingServer()]);
  });
  afterAll(async () => {
    await Promise.allSettled([server?.stop(), mcp?.stop()]);
    await stack?.close();
  });

  const doors: Record<string, () => Door> = {
    'API Gateway events': () => handlerDoor(stack),
    'direct invocations': () => directDoor(stack),
    'HTTP on one machine': () => httpDoor(server.url),
    'the HTTP client': () => httpClientDoor(server.url),
    'the Lambda client': () => lambdaClientDoor(server.url),
  };

  describe.each(Object.entries(doors))('through %s', (_name, door) => {
    test.each(Object.entries(scenarios))('%s', async (_title, scenario) => {
      const fresh = (what: string) => `${what}-${randomUUID().slice(0, 8)}`;
      await scenario({ door: door(), mcpEndpoint: mcp.url, fresh });
    });
  });
});

import { expect, test } from '@jest/globals';
import * as tokenErrors from '../../lib/agent-tokens/token-errors.ts';
import * as errors from '../../lib/errors.ts';
import * as client from '../../lib/api/client/session-manager-client.ts';
import * as index from '../../lib/index.ts';
import * as fileErrors from '../../lib/workspaces/file-errors.ts';
import * as promptErrors from '../../lib/prompts/prompt-errors.ts';
import * as events from '../../lib/telemetry/events/index.ts';

/** Classes of errors are compared with the catalogue elsewhere. The lists below are what programs import by name. */
const ERRORS = [
  ...[errors, tokenErrors, promptErrors, fileErrors].flatMap((room) => Object.keys(room)),
  'FAILURE_CODES',
  'isKnownError',
];
const LIBRARY = [
  'DynamoTable',
  'SessionManagerV2',
  'Workspaces',
  'WrongWorkspaceRootError',
  'auditEventJsonSchema',
  'auditEventSchemas',
  'createSessionManager',
  'efsAccessPoints',
  'mcpParts',
];
const CLIENTS = [
  'InvocationFailedError',
  'NoAnswerError',
  'SessionManagerAgentClient',
  'SessionManagerClient',
  'SessionManagerHttpClient',
  'UnexpectedAnswerError',
  'asCaller',
  'withToken',
];
const EVENTS = [
  'END_REASONS',
  'EVENT_SOURCE',
  'SESSION_EVENT_TYPES',
  'parseSessionEvent',
  'sessionEventJsonSchemas',
  'sessionEventSchema',
  'sessionEventSchemas',
];

// `FAILURE_CODES` moved out of the file of which the clients export every name, and so the clients had it no more.
test.each([
  ['the package', index, [...ERRORS, ...LIBRARY]],
  ['/client', client, [...ERRORS, ...CLIENTS]],
  ['/events', events, EVENTS],
])('%s exports the names that programs import, and no others', (_what, module, names) => {
  expect(Object.keys(module).sort()).toEqual(names.sort());
});

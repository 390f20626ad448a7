import { expect, test } from '@jest/globals';
import * as client from '../../lib/api/client/session-manager-client.ts';
import * as index from '../../lib/index.ts';
import * as events from '../../lib/telemetry/events/index.ts';

/** What programs import by name: a name that goes breaks them, so it goes with a new major version. */
const ERRORS = [
  'ContentionError',
  'FAILURE_CODES',
  'ForbiddenError',
  'IDEMPOTENCY_HOURS',
  'IdempotencyConflictError',
  'InternalError',
  'InvalidOrgIdError',
  'InvalidUserIdError',
  'MaxSessionsReachedError',
  'McpClientExistsError',
  'McpClientLimitError',
  'McpClientNotFoundError',
  'McpConnectionError',
  'McpEndpointForbiddenError',
  'NotAvailableError',
  'PromptConflictError',
  'PromptNotFoundError',
  'ResponseTooLargeError',
  'SessionManagerError',
  'SessionNotFoundError',
  'UnauthorizedError',
  'ValidationError',
  'WorkspaceAccessLimitError',
  'WorkspaceCreationError',
  'toSessionManagerError',
];

const LIBRARY = [
  'DirectoryNotEmptyError',
  'FileNotFoundError',
  'FileTooLargeError',
  'NotAFileError',
  'PathOutsideWorkspaceError',
  'PreconditionFailedError',
  'RangeNotSatisfiableError',
  'SessionManagerV2',
  'WorkspaceFullError',
  'auditEventJsonSchema',
  'auditEventSchemas',
  'createSessionManager',
];
const CLIENTS = [
  'InvocationFailedError',
  'NoAnswerError',
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

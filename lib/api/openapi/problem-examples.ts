import { ERRORS } from '../../error-catalogue.ts';
import * as tokenErrors from '../../agent-tokens/token-errors.ts';
import * as errors from '../../errors.ts';
import type { KnownError } from '../client/error-of-code.ts';
import * as fileErrors from '../../workspaces/file-errors.ts';
import * as promptErrors from '../../prompts/prompt-errors.ts';
import { withDescriptions } from './field-descriptions.ts';
import { problemOf } from '../problem.ts';

const MIB = 1024 * 1024;

/** One of each code, as it is thrown. */
const thrown: readonly KnownError[] = [
  new errors.SessionNotFoundError(),
  new errors.MaxSessionsReachedError('org', 100, 100),
  new errors.WorkspaceCreationError(),
  new errors.InvalidUserIdError('must not be empty'),
  new errors.InvalidOrgIdError('must not be empty'),
  errors.ValidationError.at('colour', 'is not a known field'),
  new errors.UnsupportedMediaTypeError(),
  new errors.MethodNotAllowedError(['GET', 'HEAD', 'PUT']),
  new errors.UnauthorizedError('x-user-id and x-org-id are needed.'),
  new errors.ForbiddenError('This needs the role admin.'),
  new errors.IdempotencyConflictError(),
  new errors.SessionEndedError('01a2045b-8d44-72e6-97c0-cb9917303a81'),
  new errors.SessionConflictError(7),
  new errors.McpClientExistsError('tools'),
  new errors.McpClientNotFoundError('tools'),
  new errors.McpClientLimitError(20),
  new tokenErrors.TokenNotFoundError(),
  new tokenErrors.TokenLimitError(20),
  new errors.McpConnectionError('answered with HTTP status 400: Unsupported protocol version', undefined, {
    serverStatus: 400,
    serverMessage: 'Unsupported protocol version',
    supported: ['2026-07-28'],
  }),
  new errors.McpEndpointForbiddenError('has an address that is not public'),
  new errors.WorkspaceAccessLimitError(),
  new fileErrors.FileNotFoundError(),
  new fileErrors.PathOutsideWorkspaceError('leads out of the workspace'),
  new fileErrors.NotAFileError('is a directory'),
  new fileErrors.DirectoryNotEmptyError(),
  new fileErrors.FileExistsError(),
  new fileErrors.FilePermissionError(),
  new fileErrors.FileTooLargeError(9_000_000, 4 * MIB),
  new fileErrors.WorkspaceFullError({ limit: 100 * MIB, bytes: 100 * MIB }),
  new fileErrors.PreconditionFailedError('"4-18c2f1"'),
  new fileErrors.RangeNotSatisfiableError('begins behind the end', { size: 4 }),
  new promptErrors.PromptNotFoundError('tone'),
  new promptErrors.PromptConflictError('tone', 7),
  new promptErrors.PromptCompositionError(['layer org/tone left out: its template fails']),
  new errors.ResponseTooLargeError(9_000_000, 6 * MIB),
  new errors.ContentionError(),
  new errors.NotAvailableError('Access from elsewhere'),
  new errors.InternalError(undefined),
];

const REQUEST_ID = 'b1f7f4d2-5a0e-4c57-9f4c-0c4a4f5f9a51';

/** A problem document of each code. */
export const problemExamples = Object.fromEntries(
  thrown.map((error) => [error.code, { summary: ERRORS[error.code].title, value: problemOf(error, REQUEST_ID) }]),
);

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457, with the error’s code and what belongs to it',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    detail: { type: 'string' },
    requestId: { type: 'string' },
  },
  required: ['type', 'title', 'status', 'code', 'detail', 'requestId'],
};
export const problemSchema = withDescriptions(PROBLEM, 'Problem', undefined);

const GATEWAY_MESSAGE = {
  type: 'object',
  description: 'What the gateway on AWS answers by itself. The functions were not asked, or did not answer in time.',
  properties: { message: { type: ['string', 'null'] } },
};
export const gatewayMessageSchema = withDescriptions(GATEWAY_MESSAGE, 'GatewayMessage', undefined);

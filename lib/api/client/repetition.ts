import { backOff } from 'exponential-backoff';
import type { OperationName } from '../operations.ts';

type Input = Readonly<Record<string, unknown>>;

/** A condition is met once: the same request again would be told that it is not, of what it has done itself. */
const hasNoCondition = ({ ifMatch, ifNoneMatch, version }: Input) =>
  ifMatch === undefined && ifNoneMatch === undefined && version === undefined;

/** When it does no harm that a request is carried out twice. */
const REPETITIONS = {
  always: () => true,
  never: () => false,
  'with an idempotency key': ({ idempotencyKey }: Input) => typeof idempotencyKey === 'string' && idempotencyKey !== '',
  'without a condition': hasNoCondition,
  'whole and without a condition': (input: Input) => input.contentRange === undefined && hasNoCondition(input),
} as const satisfies Record<string, (input: Input) => boolean>;

type Repetition = keyof typeof REPETITIONS;

/**
 * Whether a client sends an operation again where it does not know whether it was carried out. Both clients read it, and
 * the command line is one of them; docs/reliability.md says the same, and a test compares. What was certainly not carried
 * out (refused, throttled, never connected) may always be sent again.
 */
export const repetitions: Readonly<Record<OperationName, Repetition>> = {
  createSession: 'with an idempotency key',
  getSession: 'always',
  listSessions: 'always',
  updateSession: 'always',
  cleanupSession: 'always',
  heartbeat: 'always',
  getUsage: 'always',
  countUserSessions: 'always',
  countAllSessions: 'always',
  // Ends what has become due since, and says nothing of what it ended the first time.
  cleanupInactiveSessions: 'never',
  reconcile: 'never',
  getHealth: 'always',
  getOpenApi: 'always',

  readFile: 'always',
  writeFile: 'whole and without a condition',
  deleteFile: 'without a condition',
  listDirectory: 'always',
  makeDirectory: 'always',
  removeDirectory: 'always',
  getWorkspaceUsage: 'always',
  grantWorkspaceAccess: 'always',
  revokeWorkspaceAccess: 'always',

  getSystemPrompt: 'always',
  updateSystemPrompt: 'always',
  // Names the version that it replaces, or none: then there must be none.
  putPrompt: 'never',
  getPrompt: 'always',
  deletePrompt: 'without a condition',
  listPrompts: 'always',
  previewPrompt: 'always',

  getLimit: 'always',
  putLimit: 'always',
  deleteLimit: 'always',

  // The second connection would be refused, since the first has the id.
  addMcpClient: 'never',
  listMcpClients: 'always',
  getMcpClient: 'always',
  removeMcpClient: 'always',
  updateMcpClientAuth: 'always',
  listMcpTools: 'always',
  callMcpTool: 'never',
};

export const mayBeRepeated = (operation: OperationName, input: Input): boolean =>
  REPETITIONS[repetitions[operation]](input);

/** As often as the AWS SDK does. */
const ATTEMPTS = { numOfAttempts: 3, startingDelay: 100, timeMultiple: 2, jitter: 'full' } as const;

/** Sends it again where `isUnanswered` says of what was thrown that it may have been carried out, and the operation may be. */
export async function repeatedIfSafe<T>(
  operation: OperationName,
  input: Input,
  send: () => Promise<T>,
  isUnanswered: (thrown: unknown) => boolean,
): Promise<T> {
  if (!mayBeRepeated(operation, input)) return send();
  return backOff(send, { ...ATTEMPTS, retry: isUnanswered });
}

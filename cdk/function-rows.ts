import { API_FUNCTIONS, type ApiFunction } from '../lib/operations/operation.ts';
import type { SecretsUse } from './secrets-key.ts';
import type { FunctionSetting } from './stack-config.ts';
import { TERMINATIONS } from '../lib/table/table-definition.ts';

/** The functions of the API, which callers reach, and the one that the table's stream calls. */
export type FunctionName = ApiFunction | 'session-events';
export const FUNCTION_NAMES: readonly FunctionName[] = [...API_FUNCTIONS, 'session-events'];

/** `session-events` is `SessionEvents` in the template. */
export const idOfFunction = (name: FunctionName): string =>
  name.replaceAll(/(^|-)(\w)/g, (_match, _dash, letter: string) => letter.toUpperCase());

/** What a function is allowed to do with the table's items, or with an index. */
type DynamoDbAction =
  `dynamodb:${'GetItem' | 'BatchGetItem' | 'Query' | 'Scan' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'ConditionCheckItem'}`;

type IndexName = 'due' | 'org';

/** What one function needs, and gets nothing beyond. Transactions need the action of each write in them. */
export interface FunctionRow {
  /** In the VPC, with the workspaces mounted: such a function reaches DynamoDB and nothing else. */
  mountsWorkspaces: boolean;
  tableActions: readonly DynamoDbAction[];
  /** Items under this partition key and no others. */
  onlyPartition?: string;
  /** The indexes that it queries. */
  indexes: readonly IndexName[];
  settings: readonly FunctionSetting[];
  /** What it does with the credentials of MCP clients, if anything. */
  secrets?: SecretsUse;
  /** What it does with the access points of sessions, by the EFS API. */
  accessPoints?: 'make' | 'remove';
  /** It sends the events of sessions. */
  sendsEvents?: true;
  /** It tells callers where workspaces are, or works in them. */
  knowsWorkspaceRoot: boolean;
  memoryMb: number;
  timeoutSeconds: number;
}

/** Below the 30 s after which the gateway gives up, so that the answer is the function's. */
const API_SECONDS = 29;
const IDENTITY = ['jwtOrgClaim', 'jwtRoleClaim', 'jwtAdminRole', 'jwtOperatorRole', 'logLevel'] as const;
const LIMITS = ['maxSessions', 'maxSessionsPerOrg', 'maxSessionsPerUser'] as const;

export const functionRows: Readonly<Record<FunctionName, FunctionRow>> = {
  lifecycle: {
    mountsWorkspaces: true,
    tableActions: [
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
    ],
    // Sessions that are due where a limit refuses a create.
    indexes: ['org'],
    settings: [...IDENTITY, ...LIMITS, 'inactivitySeconds', 'touchIntervalSeconds'],
    knowsWorkspaceRoot: true,
    // Waits for DynamoDB and EFS; CPU comes with memory, and 512 MB halve the cold start against 256.
    memoryMb: 512,
    timeoutSeconds: API_SECONDS,
  },
  workspace: {
    mountsWorkspaces: true,
    tableActions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    indexes: [],
    settings: [...IDENTITY, 'touchIntervalSeconds', 'maxWorkspaceBytes'],
    knowsWorkspaceRoot: true,
    // Base64 of megabytes, several copies of each while it is read or written.
    memoryMb: 1024,
    timeoutSeconds: API_SECONDS,
  },
  records: {
    mountsWorkspaces: false,
    tableActions: [
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      // Of items that seats are no longer spread over.
      'dynamodb:DeleteItem',
    ],
    indexes: ['org'],
    settings: [...IDENTITY, ...LIMITS, 'touchIntervalSeconds'],
    knowsWorkspaceRoot: true,
    // The busiest: heartbeats and reads of a few milliseconds, where more memory costs more than it saves.
    memoryMb: 512,
    timeoutSeconds: API_SECONDS,
  },
  mcp: {
    mountsWorkspaces: false,
    tableActions: [
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:ConditionCheckItem',
    ],
    indexes: [],
    settings: [...IDENTITY, 'touchIntervalSeconds', 'maxMcpClientsPerSession'],
    secrets: 'seal-and-open',
    knowsWorkspaceRoot: false,
    // TLS to servers anywhere and tool results of megabytes: CPU is what a call waits for.
    memoryMb: 1024,
    timeoutSeconds: API_SECONDS,
  },
  access: {
    mountsWorkspaces: false,
    tableActions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
    indexes: [],
    settings: [...IDENTITY, 'touchIntervalSeconds'],
    accessPoints: 'make',
    knowsWorkspaceRoot: false,
    // Waits for EFS, which takes seconds to make an access point.
    memoryMb: 512,
    // The daily check goes through 10,000 access points in a minute; over HTTP it answers within the gateway's time.
    timeoutSeconds: 300,
  },
  cleanup: {
    mountsWorkspaces: true,
    tableActions: [
      'dynamodb:GetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:Query',
      // A reconcile reads all there is, and puts back what lists have lost.
      'dynamodb:Scan',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:ConditionCheckItem',
    ],
    indexes: ['due', 'org'],
    // The limit, to measure how full it is.
    settings: [...IDENTITY, 'maxSessions', 'touchIntervalSeconds'],
    knowsWorkspaceRoot: true,
    // Ends eight sessions at once and removes their trees, waiting for EFS most of the time.
    memoryMb: 512,
    // The sweep watches its deadline; over HTTP it answers within the gateway's time all the same.
    timeoutSeconds: 900,
  },
  'session-events': {
    mountsWorkspaces: false,
    // What it needs to know is in the stream's records; what it could not do is kept for later.
    tableActions: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    onlyPartition: TERMINATIONS,
    indexes: [],
    settings: ['logLevel'],
    secrets: 'open',
    accessPoints: 'remove',
    sendsEvents: true,
    knowsWorkspaceRoot: false,
    // Waits for MCP servers and the EFS API, eight at once, and for EventBridge.
    memoryMb: 512,
    // A batch of 100, each at most 2 s for an MCP server or 4 s for EFS, eight at once, is through in this; so are its events.
    timeoutSeconds: 60,
  },
};

/** What passes the VPC's endpoint: the most that any function in the VPC may do. */
export const dynamoDbActionsInVpc: string[] = [
  ...new Set(Object.values(functionRows).flatMap((row) => (row.mountsWorkspaces ? dynamoDbActions(row) : []))),
];

function dynamoDbActions({ tableActions, indexes }: FunctionRow): readonly string[] {
  return indexes.length > 0 ? [...tableActions, 'dynamodb:Query'] : tableActions;
}

/** Where AWS mounts the workspaces in every function that works in them. */
export const WORKSPACE_ROOT = '/mnt/workspaces';

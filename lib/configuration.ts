import path from 'node:path';
import {
  Unfit,
  commaSeparated,
  flag,
  oneOf,
  optionalText,
  text,
  textLike,
  webAddress,
  wholeNumber,
  type Reader,
} from './environment-variables.ts';
import type { Scope } from './identity.ts';

/** How many sessions may be active at the same time in each scope that has no limit of its own; 0 = no limit. */
export type Limits = Readonly<Record<Scope, number>>;

/** A session ends in one transaction of at most 100 items, and its MCP clients are part of it. */
export const MAX_MCP_CLIENTS = 90;

/** The file system with the workspaces, as other compute mounts it. */
export interface FileSystemPlace {
  fileSystemId: string;
  /** The directory in it that the functions see as their workspace root. */
  root: string;
  /** The user and group id of the functions, and so of all compute that mounts an access point. */
  posixId: number;
}

/** The names of all environment variables that functions read. The deployed stack sets them by these constants. */
export const ENV = {
  maxSessions: 'MAX_SESSIONS',
  maxSessionsPerOrg: 'MAX_SESSIONS_PER_ORG',
  maxSessionsPerUser: 'MAX_SESSIONS_PER_USER',
  inactivitySeconds: 'INACTIVITY_SECONDS',
  touchIntervalSeconds: 'TOUCH_INTERVAL_SECONDS',
  cleanupIntervalSeconds: 'CLEANUP_INTERVAL_SECONDS',
  maxMcpClientsPerSession: 'MAX_MCP_CLIENTS_PER_SESSION',
  mcpStdioCommands: 'MCP_STDIO_COMMANDS',
  mcpAllowLoopback: 'MCP_ALLOW_LOOPBACK',
  secretsKmsKeyId: 'SECRETS_KMS_KEY_ID',
  secretsKeyFile: 'SECRETS_KEY_FILE',
  maxWorkspaceBytes: 'MAX_WORKSPACE_BYTES',
  workspaceRoot: 'WORKSPACE_ROOT',
  fileSystemId: 'FILE_SYSTEM_ID',
  fileSystemRoot: 'FILE_SYSTEM_ROOT',
  fileSystemUid: 'FILE_SYSTEM_UID',
  localDataDir: 'LOCAL_DATA_DIR',
  tableName: 'TABLE_NAME',
  dynamodbEndpoint: 'DYNAMODB_ENDPOINT',
  dynamodbOwnCredentials: 'DYNAMODB_OWN_CREDENTIALS',
  authMode: 'AUTH_MODE',
  jwtIssuer: 'JWT_ISSUER',
  jwtAudience: 'JWT_AUDIENCE',
  jwtOrgClaim: 'JWT_ORG_CLAIM',
  jwtRoleClaim: 'JWT_ROLE_CLAIM',
  jwtAdminRole: 'JWT_ADMIN_ROLE',
  jwtOperatorRole: 'JWT_OPERATOR_ROLE',
  httpTimeoutSeconds: 'HTTP_TIMEOUT_SECONDS',
  logLevel: 'LOG_LEVEL',
  logFormat: 'LOG_FORMAT',
  metricsNamespace: 'METRICS_NAMESPACE',
  eventBusName: 'EVENT_BUS_NAME',
} as const;

const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT', 'CRITICAL'] as const;
/** Of a bus in the function's own account and region. */
export const EVENT_BUS_NAME = /^[\w./-]{1,256}$/;
/** One element of a list claim, whose elements are parted by blanks. */
const roleValue = textLike(/^[^\s[\]]+$/, 'must have no blanks and no brackets');
const TEN_YEARS_SECONDS = 315_360_000;

const environment = {
  MAX_SESSIONS: wholeNumber(0, Number.MAX_SAFE_INTEGER, 100),
  MAX_SESSIONS_PER_ORG: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
  MAX_SESSIONS_PER_USER: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
  INACTIVITY_SECONDS: wholeNumber(1, TEN_YEARS_SECONDS, 86_400),
  TOUCH_INTERVAL_SECONDS: wholeNumber(0, 86_400, 60),
  CLEANUP_INTERVAL_SECONDS: wholeNumber(1, 2_147_483, 3_600),
  MAX_MCP_CLIENTS_PER_SESSION: wholeNumber(0, MAX_MCP_CLIENTS, 20),
  MCP_STDIO_COMMANDS: commaSeparated,
  MCP_ALLOW_LOOPBACK: flag(false),
  SECRETS_KMS_KEY_ID: optionalText,
  SECRETS_KEY_FILE: optionalText,
  MAX_WORKSPACE_BYTES: wholeNumber(0, Number.MAX_SAFE_INTEGER, 0),
  WORKSPACE_ROOT: optionalText,
  FILE_SYSTEM_ID: optionalText,
  FILE_SYSTEM_ROOT: textLike(/^(\/[\w-]+){1,2}$/, 'must be a path of one or two directories'),
  FILE_SYSTEM_UID: wholeNumber(1, 4_294_967_295, 1_000),
  LOCAL_DATA_DIR: text('.local'),
  TABLE_NAME: text('sessions'),
  DYNAMODB_ENDPOINT: webAddress,
  DYNAMODB_OWN_CREDENTIALS: flag(false),
  AUTH_MODE: oneOf(['headers', 'jwt'], 'headers'),
  JWT_ISSUER: webAddress,
  JWT_AUDIENCE: commaSeparated,
  JWT_ORG_CLAIM: text('org_id'),
  JWT_ROLE_CLAIM: text('role'),
  JWT_ADMIN_ROLE: (role: string | undefined) => roleValue(role) ?? 'admin',
  JWT_OPERATOR_ROLE: (role: string | undefined) => roleValue(role) ?? 'operator',
  HTTP_TIMEOUT_SECONDS: wholeNumber(1, 3_600, 30),
  LOG_LEVEL: (level: string | undefined) => oneOf(LOG_LEVELS, 'INFO')(level?.toUpperCase()),
  LOG_FORMAT: oneOf(['json', 'pretty'], 'json'),
  METRICS_NAMESPACE: textLike(/^(?!AWS\/)[\w./#:-]{1,255}$/, 'must be a CloudWatch namespace'),
  EVENT_BUS_NAME: textLike(EVENT_BUS_NAME, 'must be the name of an EventBridge event bus'),
} satisfies Record<string, Reader<unknown>>;

type Variables = { [Name in keyof typeof environment]: ReturnType<(typeof environment)[Name]> };

/** Everything that is configurable, with times in seconds; docs/reference.md has the table of variables and defaults. */
export interface Config {
  limits: Limits;
  inactivitySeconds: number;
  touchIntervalSeconds: number;
  cleanupIntervalSeconds: number;
  maxMcpClientsPerSession: number;
  mcpStdioCommands: readonly string[];
  mcpAllowLoopback: boolean;
  secretsKmsKeyId: string | undefined;
  secretsKeyFile: string;
  maxWorkspaceBytes: number;
  workspaceRoot: string;
  /** Where other compute mounts workspaces from, if they are on such a file system. */
  fileSystem: FileSystemPlace | undefined;
  localDataDir: string;
  tableName: string;
  dynamodbEndpoint: string | undefined;
  /** Whether the endpoint gets this project's own credentials and region, which are for a DynamoDB Local. */
  dynamodbOwnCredentials: boolean;
  authMode: 'headers' | 'jwt';
  /** For one machine, which verifies tokens itself. */
  jwtIssuer: string | undefined;
  jwtAudiences: readonly string[];
  jwtOrgClaim: string;
  jwtRoleClaim: string;
  /** What the role claim says of an admin. */
  jwtAdminRole: string;
  /** What the role claim says of an operator. */
  jwtOperatorRole: string;
  /** For one machine's server: the time for a request to arrive, and between two requests of a connection. */
  httpTimeoutSeconds: number;
  logLevel: (typeof LOG_LEVELS)[number];
  /** For programs, or for people at a terminal. */
  logFormat: 'json' | 'pretty';
  metricsNamespace: string | undefined;
  /** Where the events of sessions go. */
  eventBusName: string | undefined;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment; an empty variable counts as unset. Throws a `ConfigError` that names what is wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const values = variablesOf(env);
  if (values.MCP_STDIO_COMMANDS.length > 0 && env.AWS_LAMBDA_FUNCTION_NAME) {
    throw new ConfigError(
      'MCP_STDIO_COMMANDS must be empty on AWS: a command could read the credentials of the function.',
    );
  }
  if (values.JWT_ADMIN_ROLE === values.JWT_OPERATOR_ROLE) {
    throw new ConfigError('JWT_ADMIN_ROLE and JWT_OPERATOR_ROLE must differ: every admin would be an operator.');
  }
  const localDataDir = path.resolve(values.LOCAL_DATA_DIR);
  return {
    limits: { global: values.MAX_SESSIONS, org: values.MAX_SESSIONS_PER_ORG, user: values.MAX_SESSIONS_PER_USER },
    inactivitySeconds: values.INACTIVITY_SECONDS,
    touchIntervalSeconds: values.TOUCH_INTERVAL_SECONDS,
    cleanupIntervalSeconds: values.CLEANUP_INTERVAL_SECONDS,
    maxMcpClientsPerSession: values.MAX_MCP_CLIENTS_PER_SESSION,
    mcpStdioCommands: values.MCP_STDIO_COMMANDS,
    mcpAllowLoopback: values.MCP_ALLOW_LOOPBACK,
    secretsKmsKeyId: values.SECRETS_KMS_KEY_ID,
    secretsKeyFile: path.resolve(values.SECRETS_KEY_FILE ?? path.join(localDataDir, 'secrets.key')),
    maxWorkspaceBytes: values.MAX_WORKSPACE_BYTES,
    workspaceRoot: path.resolve(values.WORKSPACE_ROOT ?? path.join(localDataDir, 'workspaces')),
    fileSystem: fileSystemOf(values),
    localDataDir,
    tableName: values.TABLE_NAME,
    dynamodbEndpoint: values.DYNAMODB_ENDPOINT,
    dynamodbOwnCredentials: values.DYNAMODB_OWN_CREDENTIALS,
    authMode: values.AUTH_MODE,
    jwtIssuer: values.JWT_ISSUER,
    jwtAudiences: values.JWT_AUDIENCE,
    jwtOrgClaim: values.JWT_ORG_CLAIM,
    jwtRoleClaim: values.JWT_ROLE_CLAIM,
    jwtAdminRole: values.JWT_ADMIN_ROLE,
    jwtOperatorRole: values.JWT_OPERATOR_ROLE,
    httpTimeoutSeconds: values.HTTP_TIMEOUT_SECONDS,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
    metricsNamespace: values.METRICS_NAMESPACE,
    eventBusName: values.EVENT_BUS_NAME,
  };
}

/** By hand and not by a schema: this is read at each cold start, and schemas of so many variables take 5% of one. */
function variablesOf(env: NodeJS.ProcessEnv): Variables {
  const problems: string[] = [];
  const values = Object.entries(environment).map(([name, read]) => {
    try {
      return [name, read(env[name] || undefined)];
    } catch (thrown) {
      if (!(thrown instanceof Unfit)) throw thrown;
      problems.push(`${name} ${thrown.message}.`);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems.join(' '));
  return Object.fromEntries(values) as Variables;
}

function fileSystemOf(values: Variables): FileSystemPlace | undefined {
  const { FILE_SYSTEM_ID: fileSystemId, FILE_SYSTEM_ROOT: root = '/workspaces', FILE_SYSTEM_UID: posixId } = values;
  return fileSystemId === undefined ? undefined : { fileSystemId, root, posixId };
}

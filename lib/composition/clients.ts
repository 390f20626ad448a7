import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pLimit from 'p-limit';
import { awsSettings, credentialsIn, regionIn, type AwsCredentials } from '../api/client/aws-settings.ts';
import type { Config } from '../configuration.ts';

/**
 * The SDK repeats a request twice; `withRetries` goes on from there. Its middleware is put together once for each kind of
 * request, and keeps the first of them.
 */
const CLIENT = { maxAttempts: 3, cacheMiddleware: true };
/** DynamoDB answers in milliseconds: what takes this long is lost, and better sent again. */
const ON_AWS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };
/** The EFS API takes its time, and throttles early: waits of 0.5 to 2 s between attempts help more than many of them. */
export const EFS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
/** What it does not take in this comes again with the stream's record. */
export const EVENT_BRIDGE = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};
/**
 * DynamoDB Local carries out one write after the other, and one process here replaces hundreds of Lambdas. Requests
 * that would wait there wait here, where no timeout runs: a timeout would send them again and make the queue longer.
 */
const AT_ENDPOINT = { connectionTimeout: 10_000, requestTimeout: 15_000, throwOnRequestTimeout: true };
const AT_ONCE_AT_ENDPOINT = 16;

export function dynamoDbClient(config: Config, env: NodeJS.ProcessEnv): DynamoDBClient {
  const client = new DynamoDBClient(dynamoDbConfig(config, env));
  // It copies everything that is sent and received for log lines that are not written.
  client.middlewareStack.remove('loggerMiddleware');
  if (config.dynamodbEndpoint !== undefined) {
    const inTurn = pLimit(AT_ONCE_AT_ENDPOINT);
    client.middlewareStack.add((next) => (args) => inTurn(next, args), {
      name: 'inTurn',
      step: 'finalizeRequest',
      priority: 'low',
    });
  }
  return client;
}

/** What callers of a DynamoDB Local need: it takes any that are well-formed. */
const OWN_REGION = 'us-east-1';
const OWN_CREDENTIALS: AwsCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** All settings that the SDK would otherwise read from the environment and from files: they are for AWS, and some break an endpoint. */
const SETTINGS_AT_ENDPOINT = {
  retryMode: 'standard',
  defaultsMode: 'standard' as const,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  endpointDiscoveryEnabled: false,
  accountIdEndpointMode: 'disabled' as const,
  authSchemePreference: [],
  userAgentAppId: async () => undefined,
};

/** An endpoint gets the credentials of `env` if key and secret are there, else, or if so configured, this project's own. */
export function dynamoDbConfig(
  { dynamodbEndpoint, dynamodbOwnCredentials }: Pick<Config, 'dynamodbEndpoint' | 'dynamodbOwnCredentials'>,
  env: NodeJS.ProcessEnv,
) {
  if (dynamodbEndpoint === undefined) return { ...CLIENT, ...awsSettings(env, 'DYNAMODB'), requestHandler: ON_AWS };
  const callers = dynamodbOwnCredentials ? {} : env;
  return {
    ...CLIENT,
    ...SETTINGS_AT_ENDPOINT,
    requestHandler: AT_ENDPOINT,
    endpoint: dynamodbEndpoint,
    region: regionIn(callers) ?? OWN_REGION,
    credentials: credentialsIn(callers) ?? OWN_CREDENTIALS,
  };
}

/** The client that a manager has: its errors say which setting is missing, and stay the SDK's otherwise. */
export function tableClient(config: Config, env: NodeJS.ProcessEnv): DynamoDBClient {
  const client = dynamoDbClient(config, env);
  const explain = async (thrown: unknown): Promise<never> => {
    const { name } = thrown as Error;
    if (name === 'ResourceNotFoundException') (thrown as Error).message = await noTable(config, client);
    if (name === 'CredentialsProviderError') (thrown as Error).message = NO_CREDENTIALS;
    if (name === 'NoRegionError') (thrown as Error).message += ` ${OR_ELSEWHERE}`;
    throw thrown;
  };
  client.middlewareStack.add((next) => (args) => next(args).catch(explain), { name: 'explain', step: 'initialize' });
  return client;
}

const OR_ELSEWHERE = 'For a DynamoDB that is not on AWS, set DYNAMODB_ENDPOINT.';
const NO_CREDENTIALS = `There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. ${OR_ELSEWHERE}`;

async function noTable({ tableName, dynamodbEndpoint }: Config, client: DynamoDBClient): Promise<string> {
  if (dynamodbEndpoint !== undefined)
    return `There is no table "${tableName}" at ${dynamodbEndpoint}: set TABLE_NAME or DYNAMODB_ENDPOINT.`;
  const region = await client.config.region();
  return `There is no table "${tableName}" in ${region}: set TABLE_NAME, AWS_REGION or DYNAMODB_ENDPOINT.`;
}

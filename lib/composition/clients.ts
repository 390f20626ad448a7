import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pLimit from 'p-limit';
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

/** With an endpoint and no credentials it is DynamoDB Local that is meant, which takes any. */
export function dynamoDbConfig({ dynamodbEndpoint }: Config, env: NodeJS.ProcessEnv) {
  if (dynamodbEndpoint === undefined) return { ...CLIENT, requestHandler: ON_AWS };
  return {
    ...CLIENT,
    requestHandler: AT_ENDPOINT,
    endpoint: dynamodbEndpoint,
    region: env.AWS_REGION ?? 'us-east-1',
    ...(!env.AWS_ACCESS_KEY_ID && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
}

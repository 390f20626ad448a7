import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** For what a test itself reads and writes, by the same middleware; a client of documents puts its own together for each request. */
export function documentClient({ config, middlewareStack }: DynamoDBClient): DynamoDBDocumentClient {
  const uncached = { config: { ...config, cacheMiddleware: false }, middlewareStack };
  return DynamoDBDocumentClient.from(uncached as DynamoDBClient, { marshallOptions: { removeUndefinedValues: true } });
}

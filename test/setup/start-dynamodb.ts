import { startDynamoDbLocal, type RunningDynamoDbLocal } from '../../local/dynamodb-local.ts';

declare global {
  var dynamoDbForTests: RunningDynamoDbLocal | undefined;
}

/** One DynamoDB Local for all tests; each stack has a table of its own in it. */
export default async function startDynamoDb(): Promise<void> {
  globalThis.dynamoDbForTests = await startDynamoDbLocal();
  process.env.DYNAMODB_ENDPOINT = globalThis.dynamoDbForTests.endpoint;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
}

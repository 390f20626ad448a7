import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDynamoDbLocal, type RunningDynamoDbLocal } from '../../local/dynamodb-local.ts';

declare global {
  var dynamoDbForTests: RunningDynamoDbLocal | undefined;
}

/** For those that tests start: what compiling thoroughly and collecting in parallel cost, they never get back. */
const SHORT_LIVED_JAVA = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/** One DynamoDB Local for all tests, each stack with a table of its own in it, and a directory for what they share. */
export default async function startDynamoDb(): Promise<void> {
  globalThis.dynamoDbForTests = await startDynamoDbLocal();
  process.env.JAVA_TOOL_OPTIONS ??= SHORT_LIVED_JAVA;
  process.env.DYNAMODB_ENDPOINT = globalThis.dynamoDbForTests.endpoint;
  process.env.DIRECTORY_OF_TEST_RUN = await mkdtemp(path.join(tmpdir(), 'test-run-'));
}

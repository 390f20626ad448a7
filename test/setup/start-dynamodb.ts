import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDynamoDbLocal, type RunningDynamoDbLocal } from '../../local/dynamodb-local.ts';

declare global {
  var dynamoDbForTests: RunningDynamoDbLocal | undefined;
}

/** A run is too short to win back what thorough compiling and collecting in parallel cost: 13 % of the processor's time. */
const SHORT_LIVED_JAVA = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/** One DynamoDB Local for all tests, each stack with a table of its own in it, and a directory for what they share. */
export default async function startDynamoDb(): Promise<void> {
  process.env.JAVA_TOOL_OPTIONS ??= SHORT_LIVED_JAVA;
  globalThis.dynamoDbForTests = await startDynamoDbLocal();
  process.env.DYNAMODB_ENDPOINT = globalThis.dynamoDbForTests.endpoint;
  process.env.DIRECTORY_OF_TEST_RUN ??= await mkdtemp(path.join(tmpdir(), 'test-run-'));
  // Programs that start often are compiled once.
  process.env.NODE_COMPILE_CACHE ??= path.join(process.env.DIRECTORY_OF_TEST_RUN, 'compiled');
}

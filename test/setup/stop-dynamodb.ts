import { rm } from 'node:fs/promises';

export default async function stopDynamoDb(): Promise<void> {
  await globalThis.dynamoDbForTests?.stop();
  await rm(process.env.DIRECTORY_OF_TEST_RUN as string, { recursive: true, force: true });
}

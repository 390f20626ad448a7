export default async function stopDynamoDb(): Promise<void> {
  await globalThis.dynamoDbForTests?.stop();
}

import os from 'node:os';
import { startDynamoDbLocal } from '../../local/dynamodb-local.ts';
import { tableOf, type BenchResult } from './bench-result.ts';
import { benchCosts } from './costs.ts';
import { benchEnding } from './ending.ts';

const print = (text: string) => process.stdout.write(`${text}\n\n`);

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
const database = await startDynamoDbLocal();
process.env.DYNAMODB_ENDPOINT = database.endpoint;
try {
  print(`# Benchmark\n\nNode ${process.version}, ${os.cpus().length} cores, DynamoDB Local in memory.`);
  const results: BenchResult[] = [];
  for (const bench of [benchCosts, benchEnding]) {
    const result = await bench();
    print(tableOf(result));
    results.push(result);
  }
  process.exitCode = results.every(({ kept }) => kept) ? 0 : 1;
} finally {
  await database.stop();
}

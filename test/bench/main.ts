import { startDynamoDbLocal } from '../../local/dynamodb-local.ts';
import { benchSeatRates } from '../limits/seat-rates.ts';
import { tableOf, type BenchResult } from './bench-result.ts';
import { benchColdStart } from './cold-start.ts';
import { benchCosts } from './costs.ts';
import { benchEnding } from './ending.ts';
import { benchGrowth } from './growth.ts';
import { keepResults, surroundings } from './kept-results.ts';
import { benchWarm } from './warm.ts';

/** All of them, or those that are named: `npm run bench -- costs`. What is printed is kept in `results.md`. */
const BENCHES: Record<string, () => Promise<BenchResult>> = {
  costs: benchCosts,
  growth: benchGrowth,
  'cold-start': benchColdStart,
  warm: benchWarm,
  seats: () => benchSeatRates([1, 4, 16]),
  ending: benchEnding,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0)
  throw new Error(`No such table: ${unknown.join(', ')}. There are ${Object.keys(BENCHES).join(', ')}.`);

process.stdout.write(`# Benchmark\n\n${surroundings()}\n\n`);
const results: BenchResult[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  results.push(await alone(bench));
  process.stdout.write(`${tableOf(results.at(-1) as BenchResult)}\n\n`);
}
await keepResults(results);
process.exitCode = results.every(({ kept }) => kept) ? 0 : 1;

/** With a DynamoDB Local of its own: it gets slower with what it holds, also of tables that are gone. */
async function alone(bench: () => Promise<BenchResult>): Promise<BenchResult> {
  const database = await startDynamoDbLocal();
  process.env.DYNAMODB_ENDPOINT = database.endpoint;
  try {
    return await bench();
  } finally {
    await database.stop();
  }
}

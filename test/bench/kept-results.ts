import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { tableOf, type BenchResult } from './bench-result.ts';

const FILE = path.join(import.meta.dirname, 'results.md');
const PEERS = ['connect-dynamodb', '@shopify/shopify-app-session-storage-dynamodb'];

/** The machine and the versions. */
export function surroundings(): string {
  const { dependencies } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const peers = PEERS.map((name) => `${name} ${dependencies[name]?.replace('^', '')}`).join(', ');
  return `Node ${process.version}, ${os.cpus().length} cores (${os.arch()}), DynamoDB Local in memory; ${peers}.`;
}

/** Each table in the place of the one with its title, or behind all others; those that did not run stay. */
export async function keepResults(results: BenchResult[]): Promise<void> {
  const kept = sectionsOf(await readFile(FILE, 'utf8'));
  for (const result of results) kept.set(result.title, `${tableOf(result)}\n\n${measured()}`);
  const text = [
    '# The last result',
    'Counts are exact. Times are of a shared machine: only ratios within a table tell something.',
    ...kept.values(),
  ].join('\n\n');
  await writeFile(FILE, await format(text, { ...(await resolveConfig(FILE)), parser: 'markdown' }));
}

/** When, of which code, and where. */
function measured(): string {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return `Measured on ${new Date().toISOString().slice(0, 10)} at ${commit.trim()}: ${surroundings()}`;
}

/** By their titles. */
function sectionsOf(text: string): Map<string, string> {
  const [, ...sections] = text.split(/^(?=## )/m);
  return new Map(sections.map((section) => [section.slice(3, section.indexOf('\n')), section.trim()]));
}

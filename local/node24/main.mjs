import { readFileSync } from 'node:fs';
import process from 'node:process';
import { URL, fileURLToPath } from 'node:url';
import { node24FromNpm } from './node24.mjs';
import { putFirst } from './put-first.mjs';

/* Runs at the end of `npm ci`, on whatever Node the machine has. */
const own = process.versions.node;
const fromRoot = (/** @type {string} */ name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const needed = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8')).engines.node;
const told = `Node is ${own} here and has to be ${needed}`;
try {
  if (putFirst({ own, needed, bin: fromRoot('node_modules/.bin'), other: node24FromNpm }))
    process.stdout.write(`${told}: npm's scripts run on a Node 24 from npm.\n`);
} catch (thrown) {
  // All else is installed, and does not get better by a failure.
  process.stderr.write(`${told}: please install one. ${thrown.message}\n`);
}

/**
 * Runs `bundle-function.ts` with the same arguments on the Node that bundles. What Node exports is part of a bundle: another
 * release makes another one of the same sources. It loads nothing else, since each bundle starts it.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundlingNode } from './bundling-node.ts';

/** A program of the project's set-up, in plain JavaScript: no module of the product. */
const { node24FromNpm } = createRequire(import.meta.url)('../local/node24/node24.mjs') as {
  node24FromNpm: () => string;
};
const script = path.join(import.meta.dirname, 'bundle-function.ts');
const node = bundlingNode(process, node24FromNpm);
execFileSync(node, ['--import', 'tsx', script, ...process.argv.slice(2)], { stdio: 'inherit' });

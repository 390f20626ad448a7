/**
 * Runs `bundle-function.ts` with the same arguments on the Node that bundles. What Node exports is part of a bundle: another
 * release makes another one of the same sources. It loads nothing else, since each bundle starts it.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { node24FromNpm } from '../local/node24/node24.mjs';
import { bundlingNode } from './bundling-node.ts';

const script = path.join(import.meta.dirname, 'bundle-function.ts');
const node = bundlingNode(process, node24FromNpm);
execFileSync(node, ['--import', 'tsx', script, ...process.argv.slice(2)], { stdio: 'inherit' });

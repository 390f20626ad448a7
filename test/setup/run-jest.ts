/** `npm test`: jest, and where root starts it by an ordinary user, who takes this process over. */
import path from 'node:path';
import { node24FromNpm } from '../../local/node24/node24.mjs';
import { ordinaryUser } from './ordinary-user.ts';

const JEST = path.resolve(import.meta.dirname, '../../node_modules/jest/bin/jest.js');

if (process.geteuid?.() === 0) {
  keepNode24();
  const { command, env } = ordinaryUser((line) => process.stderr.write(`${line}\n`));
  const [file = '', ...args] = command;
  process.execve?.(file, [file, ...args, process.execPath, ...process.execArgv, JEST, ...process.argv.slice(2)], env);
}
await import(JEST);

/** The functions' bundles need it, and the other user may not write in the checkout. */
function keepNode24(): void {
  try {
    node24FromNpm();
  } catch {
    // Whatever needs it says so.
  }
}

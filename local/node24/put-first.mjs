import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * npm, npx and the git hooks look for programs in `node_modules/.bin` first. A Node that is older than the project needs is
 * answered with a link there to another one: no process stands between a script and its signals and exit code. Gives
 * whether one was needed.
 * @param {{ own: string, needed: string, bin: string, other: () => string }} parts
 */
export function putFirst({ own, needed, bin, other }) {
  if (!isOlder(own, needed)) return false;
  const node = other();
  mkdirSync(bin, { recursive: true });
  rmSync(path.join(bin, 'node'), { force: true });
  symlinkSync(path.relative(bin, node), path.join(bin, 'node'));
  return true;
}

/**
 * @param {string} version
 * @param {string} range of the form `>=22.17`
 */
function isOlder(version, range) {
  const [[major, minor], [neededMajor, neededMinor]] = [version, range].map(numbers);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** @param {string} text */
const numbers = (text) => /(\d+)\.(\d+)/.exec(text).slice(1).map(Number);

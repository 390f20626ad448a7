import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `nobody`: some id that is not root's. */
const NOBODY = 65_534;
const PROJECT = path.resolve(import.meta.dirname, '../..');
const PROBE = path.join(import.meta.dirname, 'ordinary-user-probe.mjs');
const NO_CAPABILITIES = ['--inh-caps=-all', '--bounding-set=-all'];
/** What they say is about root's own files. */
const OF_ROOT = /^(HOME$|XDG_|npm_)/i;

interface OrdinaryUser {
  /** The command that becomes this user, without the program that it then runs. */
  command: string[];
  env: NodeJS.ProcessEnv;
}

/**
 * A user whom permissions bind, for the tests that root starts: root may do everything, so that its tests see no fault of
 * permissions. It is the owner of the checkout, or nobody; where that user cannot reach the checkout, Node or Java, it is
 * root without capabilities. Throws where there is no such user.
 */
export function ordinaryUser(say: (line: string) => void): OrdinaryUser {
  const owner = statSync(PROJECT).uid || NOBODY;
  const ids = [`--reuid=${owner}`, `--regid=${owner}`, '--clear-groups'];
  const other = prepared(owner, [...ids, ...NO_CAPABILITIES]);
  const why = problemOf(other);
  if (why === '') {
    say(`Root's tests run as the user ${owner}, whom permissions bind.`);
    return other;
  }
  discard(other);
  const bound = prepared(0, NO_CAPABILITIES);
  const whyNot = problemOf(bound);
  if (whyNot === '') {
    say(`Root's tests run as root without its capabilities: permissions bind it. As the user ${owner}: ${why}`);
    return bound;
  }
  discard(bound);
  throw new Error(
    `The tests need a user whom permissions bind. As the user ${owner}: ${why} As root without capabilities: ${whyNot}`,
  );
}

/** With a directory for the run that is the user's own; another user than root has its home in it. */
function prepared(id: number, options: string[]): OrdinaryUser {
  const run = mkdtempSync(path.join(tmpdir(), 'test-run-'));
  const home = path.join(run, 'home');
  const closed = path.join(run, 'closed');
  for (const directory of [home, closed]) mkdirSync(directory);
  makeDevices(run, id);
  for (const directory of [run, home, closed]) chownSync(directory, id, id);
  chmodSync(closed, 0);
  const kept = Object.entries(process.env).filter(([name]) => id === 0 || !OF_ROOT.test(name));
  const env = { ...Object.fromEntries(kept), DIRECTORY_OF_TEST_RUN: run, ...(id !== 0 && { HOME: home }) };
  return { command: [onPath('setpriv'), ...options, '--'], env };
}

const onPath = (program: string): string =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((directory) => path.join(directory, program))
    .find((file) => existsSync(file)) ?? program;

/** Agents that are root may make these, and nobody else may. They are the user's own, who may not move others'. */
function makeDevices(run: string, id: number): void {
  for (const [name, type, major, minor] of [
    ['character', 'c', '1', '5'],
    ['block', 'b', '7', '200'],
  ] as const) {
    const device = path.join(run, name);
    if (spawnSync('mknod', [device, type, major, minor]).status === 0) chownSync(device, id, id);
  }
}

const discard = ({ env }: OrdinaryUser): void => rmSync(env.DIRECTORY_OF_TEST_RUN ?? '', { recursive: true });

/** Why the user cannot run the tests; nothing if it can. */
function problemOf({ command: [file = '', ...options], env }: OrdinaryUser): string {
  const { error, status, stderr } = spawnSync(file, [...options, process.execPath, PROBE], { env, encoding: 'utf8' });
  if (error) return `${file} (of util-linux): ${error.message}.`;
  if (stderr.includes('Cannot find module')) return `${PROBE} is out of reach.`;
  return status === 0 ? '' : stderr.trim() || `the trial ended with ${status}.`;
}

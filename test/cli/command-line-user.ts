import { randomUUID } from 'node:crypto';
import { commandLine, type Surroundings } from './run-command-line.ts';

/** A new user of the organisation `acmé`, who runs the command line against a server. */
export function newUserAt(url: string) {
  const user = `ada-${randomUUID()}`;
  const env = { SESSION_MANAGER_URL: url, SESSION_MANAGER_USER: user, SESSION_MANAGER_ORG: 'acmé' };
  const run = (args: string, more: Surroundings = {}) =>
    commandLine(args.split(' '), { ...more, env: { ...env, ...more.env } });
  const json = async (args: string, more: Surroundings = {}) => {
    const { code, stdout, stderr } = await run(`${args} --json`, more);
    return { code, output: parsed(stdout), problem: parsed(stderr) };
  };
  return { user, run, json };
}

export const parsed = (printed: string): unknown => (printed === '' ? undefined : JSON.parse(printed));

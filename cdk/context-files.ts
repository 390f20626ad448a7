import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** What `cdk acknowledge` and `cdk cli-telemetry` write into the files of context. */
const WRITTEN_BY_CDK = ['acknowledged-issue-numbers', 'cli-telemetry'];

export const isOfCdk = (key: string): boolean => /[:/]/.test(key) || WRITTEN_BY_CDK.includes(key);

export interface ContextFiles {
  /** Whether a file gives this value to this key. */
  has: (key: string, value: unknown) => boolean;
}

/** The files that the CDK's command line reads context from, in the directory where it runs and at home. */
export function contextFiles(directory = process.cwd(), home = homedir()): ContextFiles {
  const contexts = [
    sectionOf(read(path.join(directory, 'cdk.json'))),
    read(path.join(directory, 'cdk.context.json')),
    sectionOf(read(path.join(home, '.cdk.json'))),
  ];
  return { has: (key, value) => contexts.some((context) => key in context && isDeepStrictEqual(context[key], value)) };
}

const sectionOf = ({ context = {} }: Record<string, unknown>) => context as Record<string, unknown>;

/** The command line has read them already, and has reported what is wrong with one. */
function read(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export const pidFileOf = (directory: string): string => path.join(directory, 'dynamodb-local.json');
export const lockOf = (directory: string): string => path.join(directory, 'lock');

export async function databasePid(directory: string): Promise<number> {
  return (JSON.parse(await readFile(pidFileOf(directory), 'utf8')) as { pid: number }).pid;
}

/** The numbers of all Java processes that work on a data directory, whatever the pid file says. */
export async function databasesOn(directory: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'pid=,command=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes('DynamoDBLocal') && line.includes(directory))
    .map((line) => Number.parseInt(line, 10));
}

/** What a stopped server leaves running or locked. */
export async function leftOn(directory: string): Promise<{ databases: number[]; files: string[] }> {
  return {
    databases: await databasesOn(directory),
    files: [lockOf(directory), pidFileOf(directory)].filter((file) => existsSync(file)),
  };
}

export const NOTHING = { databases: [], files: [] };

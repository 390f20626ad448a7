import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/* Run by the user that the tests shall have: says what it cannot reach, and fails then. */
const { DIRECTORY_OF_TEST_RUN: run = '', PATH = '' } = process.env;
const project = path.resolve(import.meta.dirname, '../..');
const READ = ['package.json', 'lib/index.ts', 'node_modules/jest/bin/jest.js'];

/** @type {(file: string, mode: number) => boolean} */
const may = (file, mode) => {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
};
const javas = PATH.split(path.delimiter).map((directory) => path.join(directory, 'java'));
const problems = [
  ...READ.map((file) => path.join(project, file)).filter((file) => !may(file, constants.R_OK)),
  ...(may(run, constants.W_OK) ? [] : [run]),
  ...(javas.some((java) => may(java, constants.X_OK)) ? [] : ['java']),
].map((what) => `${what} is out of reach.`);
if (may(path.join(run, 'closed'), constants.R_OK)) problems.push('permissions do not bind it.');
if (problems.length > 0) {
  process.stderr.write(problems.join(' '));
  process.exitCode = 1;
}

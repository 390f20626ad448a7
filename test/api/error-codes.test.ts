import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import * as unminified from '../../lib/api/client/error-of-code.ts';
import { problemExamples } from '../../lib/api/openapi/problem-examples.ts';
import { ERRORS, type ErrorCode } from '../../lib/error-catalogue.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const CODES = Object.keys(ERRORS) as ErrorCode[];
const CLIENT = path.join(PROJECT, 'lib/api/client/error-of-code.ts');

const codeOf = (className: string): string =>
  className
    .replace(/Error$/, '')
    .replaceAll(/(?<!^)(?=[A-Z])/g, '_')
    .toUpperCase();

test.each(CODES)('the error of %s is one of its own class', (code) => {
  const error = unminified.errorOfCode(code, 'the message', { some: 'detail' });
  expect(error).toMatchObject({ code, message: 'the message', details: { some: 'detail' } });
  expect(error.name).toBe(error.constructor.name);
  expect(codeOf(error.name)).toBe(code);
});

test('a minified client gives each error its class and its name', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'minified-'));
  try {
    const file = path.join(directory, 'client.mjs');
    const options = ['--bundle', '--minify', '--format=esm', '--platform=node', `--outfile=${file}`];
    await promisify(execFile)(path.join(PROJECT, 'node_modules/.bin/esbuild'), [CLIENT, ...options]);
    const { errorOfCode } = (await import(pathToFileURL(file).href)) as typeof unminified;
    const errors = CODES.map((code) => errorOfCode(code, 'the message', {}));
    expect(errors.map(({ name }) => codeOf(name))).toEqual(CODES);
    expect(new Set(errors.map(({ constructor }) => constructor)).size).toBe(CODES.length);
    // Otherwise nothing here was minified.
    expect(errors[0]?.constructor.name).not.toBe(errors[0]?.name);
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe('the OpenAPI document', () => {
  test('has an example of each error code', () => {
    expect(Object.keys(problemExamples).sort()).toEqual(CODES.toSorted());
  });
});

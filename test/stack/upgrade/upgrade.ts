import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectRoot, synthTemplate } from '../synth.ts';
import { breaksOf, releaseOf, type Release } from './release.ts';

const released = JSON.parse(readFileSync(path.join(import.meta.dirname, 'last-release.json'), 'utf8')) as Release;

/** What `docs/upgrade.md` tells those who upgrade, each with the reason. Empty again with the next release. */
const EXPECTED: Record<string, string> = {
  'HttpAccessLogs1CB64BE3 has another LogGroupName':
    'The access log needs a name under /aws/vendedlogs/. No release had another one; who deployed before loses old access logs.',
};

describe('an upgrade from the last release', () => {
  const next = releaseOf(synthTemplate());

  test('replaces nothing that holds something, and renames nothing that others rely on', () => {
    expect(Object.keys(released.resources).length).toBeGreaterThan(30);
    expect(breaksOf(released, next)).toEqual(Object.keys(EXPECTED));
  });

  // The page said nothing of the access log.
  test('of which something breaks all the same says so on its page', () => {
    const page = readFileSync(path.join(projectRoot, 'docs/upgrade.md'), 'utf8');
    const broken = Object.keys(EXPECTED).map((line) => line.replace(/[0-9A-F]{8} .*$/, ''));
    expect(broken.filter((id) => !page.includes(`\`${id}\``))).toEqual([]);
  });

  test.each([
    [
      'a table with other keys',
      (to: Release) => Object.assign(to.resources.SessionTable ?? {}, { replacedBy: { KeySchema: [] } }),
      'SessionTable has another KeySchema',
    ],
    [
      'a file system under another logical id',
      (to: Release) => delete to.resources.WorkspaceFileSystem,
      'WorkspaceFileSystem (AWS::EFS::FileSystem) is gone',
    ],
    [
      'a VPC with another range',
      (to: Release) => Object.assign(to.resources.NetworkVpc7FB7348F?.replacedBy ?? {}, { CidrBlock: '10.99.0.0/24' }),
      'NetworkVpc7FB7348F has another CidrBlock',
    ],
    [
      'an index less',
      (to: Release) => (to.resources.SessionTable?.replacedBy?.GlobalSecondaryIndexes as unknown[]).pop(),
      'SessionTable has another GlobalSecondaryIndexes',
    ],
    [
      'metrics in another namespace',
      (to: Release) => Object.assign(to.resources.AlarmsDriftC7B542A9?.replacedBy ?? {}, { Namespace: 'Other' }),
      'AlarmsDriftC7B542A9 has another Namespace',
    ],
    ['an output less', (to: Release) => to.outputs.pop(), 'the output WorkspaceFunctionName is gone'],
  ])('would be found out with %s', (_what, change, found) => {
    const changed = structuredClone(next);
    change(changed);
    expect(breaksOf(released, changed)).toContain(found);
    expect(breaksOf(next, next)).toEqual([]);
  });

  test('is compared with what is small enough to be read', () => {
    expect(JSON.stringify(released).length).toBeLessThan(10_000);
  });
});

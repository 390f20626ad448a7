import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { isInstalled } from './moto/installed.ts';
import { synthTemplate } from './synth.ts';

const REGIONS = ['us-east-1', 'us-west-1', 'eu-central-1', 'eu-west-1', 'ap-southeast-2', 'sa-east-1'];
const testWithCfnLint = isInstalled('cfn-lint', ['--version']) ? test : test.skip;

testWithCfnLint.each([
  ['as it is by default', {}],
  ['with all that is optional', { dashboard: true, jwtIssuer: 'https://issuer.example', jwtAudience: 'agents' }],
  ['with data that goes with the stack', { dataRemoval: 'destroy' }],
])(
  'cfn-lint finds nothing in the template %s, in six regions',
  async (_what, context) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'template-'));
    const file = path.join(directory, 'template.json');
    await writeFile(file, JSON.stringify(synthTemplate(context).toJSON()));
    try {
      const { stdout } = await promisify(execFile)('cfn-lint', ['-t', file, '--regions', ...REGIONS]);
      expect(stdout).toBe('');
    } finally {
      await rm(directory, { recursive: true });
    }
  },
  120_000,
);

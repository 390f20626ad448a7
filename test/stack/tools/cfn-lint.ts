/** `npm run check:cfn-lint`: cfn-lint on the template, in its kinds, for six regions. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isInstalled } from './installed.ts';
import { withRunDirectory } from './run-directory.ts';

const REGIONS = ['us-east-1', 'us-west-1', 'eu-central-1', 'eu-west-1', 'ap-southeast-2', 'sa-east-1'];
const TEMPLATES: [what: string, context: Record<string, unknown>][] = [
  ['as it is by default', {}],
  ['with all that is optional', { dashboard: true, jwtIssuer: 'https://issuer.example', jwtAudience: 'agents' }],
  ['with data that goes with the stack', { dataRemoval: 'destroy' }],
];

async function lint(directory: string): Promise<void> {
  const { synthTemplate } = await import('../synth.ts');
  for (const [what, context] of TEMPLATES) {
    const file = path.join(directory, 'template.json');
    writeFileSync(file, JSON.stringify(synthTemplate(context).toJSON()));
    const { status, stdout, stderr } = spawnSync('cfn-lint', ['-t', file, '--regions', ...REGIONS], {
      encoding: 'utf8',
    });
    const isClean = status === 0 && stdout === '';
    process.stdout.write(`${isClean ? 'ok' : 'FAILED'}: cfn-lint, the template ${what}, in ${REGIONS.join(', ')}\n`);
    if (isClean) continue;
    process.stdout.write(`${stdout}${stderr}\n`);
    process.exitCode = 1;
  }
}

if (isInstalled('cfn-lint', 'cfn-lint')) await withRunDirectory(lint);

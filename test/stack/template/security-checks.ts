import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { newApp } from '../synth.ts';

interface Finding {
  ruleName: string;
}

interface Report {
  pluginReports: { violations: Finding[] }[];
}

/** What cdk-nag and the CDK's own validation find; a synth with findings throws, once it has written its report. */
function findings({ app, outdir }: Pick<ReturnType<typeof newApp>, 'app' | 'outdir'>): string[] {
  const failed = throws(() => app.synth());
  const report = JSON.parse(readFileSync(path.join(outdir, 'validation-report.json'), 'utf8')) as Report;
  const found = report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  expect(found.length > 0).toBe(failed);
  return found;
}

function throws(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}

const OPEN_ROUTES = ['GET--health', 'GET--openapi.json', 'HEAD--health', 'HEAD--openapi.json'];
/** Their functions authenticate, by session tokens. */
const AGENT_ROUTES = [
  ...['GET--agent--session', 'POST--agent--heartbeat', 'GET--agent--system-prompt'],
  ...['GET', 'HEAD', 'PUT', 'DELETE'].map((method) => `${method}--agent--files`),
  ...['POST--agent--file-moves', 'POST--agent--file-copies'],
  ...['GET', 'PUT', 'DELETE'].map((method) => `${method}--agent--directories`),
  ...['session', 'system-prompt', 'directories'].map((path) => `HEAD--agent--${path}`),
];

describe('the security checks', () => {
  test.each([
    ['signed requests', {}],
    ['tokens', { jwtIssuer: 'https://issuer.example', jwtAudience: 'agents' }],
    ['a dashboard and other origins', { dashboard: true, corsAllowOrigins: 'https://a.example' }],
    ['data that goes with the stack', { dataRemoval: 'destroy' }],
  ])('find nothing with %s', (_what, context) => {
    expect(findings(newApp(context))).toEqual([]);
  });

  test('are attached: they find a queue that takes plain transport', () => {
    const made = newApp();
    new Queue(made.stack, 'Careless');
    expect(findings(made).sort()).toEqual(['AwsSolutions-SQS3', 'AwsSolutions-SQS4']);
  });

  const anyResource = (name: string) => `SessionManager/${name}/Role: AwsSolutions-IAM5[Resource::*]`;
  const anyAccessPoint = (name: string) =>
    anyResource(name).replace(
      '*',
      'arn:<AWS::Partition>:elasticfilesystem:<AWS::Region>:<AWS::AccountId>:access-point/*',
    );

  test('are told of these exceptions and no others, each with a reason', () => {
    const exceptions = newApp()
      .app.node.findAll()
      .flatMap(({ node }) =>
        node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .flatMap(({ data }) => Object.entries(data as Record<string, string>))
          // The CDK acknowledges some of its own.
          .filter(([rule]) => rule.includes('AwsSolutions'))
          .map(([rule, reason]) => ({ what: `${node.path}: ${rule.split('::').slice(1).join('::')}`, reason })),
      );
    expect(exceptions.map(({ what }) => what)).toEqual([
      ...['Lifecycle', 'Workspace', 'Records', 'Mcp'].map(anyResource),
      anyAccessPoint('Access'),
      ...['Access', 'Cleanup'].map(anyResource),
      anyAccessPoint('SessionEvents'),
      anyResource('SessionEvents'),
      ...[...OPEN_ROUTES, ...AGENT_ROUTES].map((route) => `SessionManager/Http/Api/${route}: AwsSolutions-APIG4`),
      'SessionManager/Schedules/DeadLetters: AwsSolutions-SQS3',
    ]);
    for (const { reason } of exceptions) expect(reason.length).toBeGreaterThan(50);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { NightlyJobStack } from '../../../cdk/examples/nightly-job-stack.ts';
import { WorkspaceReaderStack } from '../../../cdk/examples/workspace-reader-stack.ts';
import { WorkspaceRestorerStack } from '../../../cdk/examples/workspace-restorer-stack.ts';
import { newApp, withRules } from '../synth.ts';

interface Finding {
  ruleName: string;
}

interface Report {
  pluginReports: { violations: Finding[] }[];
}

/** What cdk-nag and the CDK's own validation find; a synth with findings throws, once it has written its report. */
function findings({ app, outdir }: Pick<ReturnType<typeof newApp>, 'app' | 'outdir'>): string[] {
  const failed = throws(() => withRules(() => app.synth()));
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

describe('the security checks', () => {
  test.each([
    ['signed requests', {}],
    ['tokens', { jwtIssuer: 'https://issuer.example', jwtAudience: 'agents' }],
    ['a dashboard and other origins', { dashboard: true, corsAllowOrigins: 'https://a.example' }],
    ['data that goes with the stack', { dataRemoval: 'destroy' }],
    [
      'zones, topic and bus that are named',
      {
        availabilityZones: 'eu-west-1a,eu-west-1b,eu-west-1c',
        alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:on-call',
        eventBusName: 'platform',
      },
    ],
  ])('find nothing with %s', (_what, context) => {
    expect(findings(newApp(context))).toEqual([]);
  });

  test('find nothing in the examples, with a NAT gateway for guests', () => {
    const made = newApp();
    const { app, stack: sessionManager } = made;
    const accessPointId = 'fsap-0123456789abcdef0';
    new NightlyJobStack(app, 'Job', { sessionManager });
    new WorkspaceReaderStack(app, 'Reader', { sessionManager, accessPointId, internet: true });
    new WorkspaceRestorerStack(app, 'Restorer', { sessionManager, accessPointId });
    expect(findings(made)).toEqual([]);
  });

  // What AWS would refuse at the deployment.
  test('are those of the CDK too: they find a function with more memory than there is', () => {
    const made = newApp();
    const { defaultChild } = made.stack.functions.records.function.node;
    (defaultChild as CfnFunction).memorySize = 99_999;
    expect(findings(made)).toHaveLength(1);
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
      ...['GET--health', 'GET--openapi.json', 'HEAD--health', 'HEAD--openapi.json'].map(
        (route) => `SessionManager/Http/Api/${route}: AwsSolutions-APIG4`,
      ),
      'SessionManager/Schedules/DeadLetters: AwsSolutions-SQS3',
    ]);
    for (const { reason } of exceptions) expect(reason.length).toBeGreaterThan(50);
  });
});

import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { FUNCTION_NAMES, functionRows, idOfFunction } from '../../../cdk/function-rows.ts';
import { PING_EVENT, RECONCILE_EVENT, SCHEDULED_EVENT } from '../../../lib/api/scheduled-event.ts';
import { resourcesOf, synthTemplate, textOf } from '../synth.ts';

const template = synthTemplate();

describe('the schedule', () => {
  test('sends what the cleanup knows it by, and keeps what could not be delivered', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 hour)',
      Target: {
        Input: JSON.stringify(SCHEDULED_EVENT),
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: Match.anyValue(),
      },
    });
  });

  test('runs at the configured rate', () => {
    synthTemplate({ cleanupIntervalSeconds: '900' }).hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(15 minutes)',
    });
  });

  test('has access points checked every day, in the same way', () => {
    template.resourceCountIs('AWS::Scheduler::Schedule', 5);
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 day)',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AccessFunction'), 'Arn'] },
        Input: JSON.stringify(SCHEDULED_EVENT),
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
        DeadLetterConfig: Match.anyValue(),
      },
    });
    template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 2);
    template.allResourcesProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  test('has what is stored compared every day by the cleanup', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 day)',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanupFunction'), 'Arn'] },
        Input: JSON.stringify(RECONCILE_EVENT),
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
      },
    });
  });

  // A rate begins with a run at once: on a new stack it had no permission yet, and was a dead letter.
  test('exists after the policies of the role that it runs by', () => {
    const resources = Object.entries(resourcesOf(template));
    const policiesOf = (roleId: string) =>
      resources.flatMap(([id, { Type, Properties }]) =>
        Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles).includes(`"${roleId}"`) ? [id] : [],
      );
    const schedules = resources.filter(([, { Type }]) => Type === 'AWS::Scheduler::Schedule');
    for (const [, { Properties, DependsOn = [] }] of schedules) {
      const { RoleArn } = Properties.Target as unknown as { RoleArn: { 'Fn::GetAtt': [string, string] } };
      const [roleId] = RoleArn['Fn::GetAtt'];
      expect(policiesOf(roleId)).toHaveLength(1);
      expect(DependsOn).toEqual(expect.arrayContaining(policiesOf(roleId)));
    }
  });

  test('calls every function in the VPC at least once a day: one that nobody calls for weeks loses its network', () => {
    const called = Object.values(resourcesOf(template)).flatMap(({ Type, Properties }) =>
      Type === 'AWS::Scheduler::Schedule' ? [Properties.Target as unknown as { Arn: unknown; Input: string }] : [],
    );
    const inVpc = FUNCTION_NAMES.filter((name) => functionRows[name].mountsWorkspaces);
    const arns = called.map(({ Arn }) => textOf(Arn));
    expect(inVpc.filter((name) => !arns.includes(`${idOfFunction(name)}Function`))).toEqual([]);
    const pinged = called.filter(({ Input }) => Input === JSON.stringify(PING_EVENT)).map(({ Arn }) => textOf(Arn));
    expect(pinged.sort()).toEqual(['LifecycleFunction', 'WorkspaceFunction']);
  });

  test('keeps runs that failed in an encrypted queue that refuses plain transport', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      }),
    });
  });
});

import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { SCHEDULED_EVENT } from '../../lib/api/scheduled-event.ts';
import { resourcesOf, synthTemplate, textOf } from './synth.ts';

const template = synthTemplate();
const alarmsOf = (from: typeof template) =>
  Object.values(resourcesOf(from)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');

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

describe('the alarms', () => {
  test('each say whom it hurts and what to do', () => {
    for (const { Properties } of alarmsOf(template)) {
      expect(Properties.AlarmDescription).toMatch(/^Impact: .{20,}\. Action: .{20,}\.$/);
    }
    expect(alarmsOf(template).map(({ Properties }) => Properties.AlarmName)).toEqual([
      'SessionManager-ApiServerErrors',
      'SessionManager-FailedOperations',
      'SessionManager-CleanupErrors',
      'SessionManager-CleanupNotRun',
      'SessionManager-DeadLetters',
      'SessionManager-Throttles',
      'SessionManager-Contention',
    ]);
  });

  test('go off when no sweep runs, also where there is no metric at all', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'SessionManager-CleanupNotRun',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 3600,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
  });

  test('count in every function’s log what failed by our fault', () => {
    const filters = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::Logs::MetricFilter');
    expect(filters.map(({ Properties }) => textOf(Properties.LogGroupName)).sort()).toEqual([
      'CleanupLogs',
      'LifecycleLogs',
      'McpLogs',
      'RecordsLogs',
      'SessionEventsLogs',
      'WorkspaceLogs',
    ]);
    for (const { Properties } of filters) {
      expect(Properties.FilterPattern).toBe('{ $.message = "operation_failed" }');
    }
  });

  test('call the topic that is configured', () => {
    const topic = 'arn:aws:sns:eu-west-1:123456789012:on-call';
    for (const { Properties } of alarmsOf(synthTemplate({ alarmTopicArn: topic }))) {
      expect(Properties.AlarmActions).toEqual([topic]);
    }
    for (const { Properties } of alarmsOf(template)) expect(Properties.AlarmActions).toBeUndefined();
  });
});

test('the dashboard is made when it is asked for', () => {
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  synthTemplate({ dashboard: 'true' }).resourceCountIs('AWS::CloudWatch::Dashboard', 1);
});

test('the outputs name what callers and operators need', () => {
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
    'AccessPointId',
    'ApiUrl',
    'CleanupFunctionName',
    'FileSystemId',
    'LifecycleFunctionName',
    'McpFunctionName',
    'RecordsFunctionName',
    'SessionEventsFunctionName',
    'TableName',
    'WorkspaceFunctionName',
  ]);
});

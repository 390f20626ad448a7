import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { API_FUNCTIONS } from '../../../lib/operations/operation.ts';
import { ENV, readConfig } from '../../../lib/configuration.ts';
import { cataloguedMetrics, identityOf } from '../../telemetry/metrics/emf.ts';
import { metricsOfAlarms, metricsOfWidgets } from '../read-metrics.ts';
import { resourcesOf, synthTemplate, textOf } from '../synth.ts';

const template = synthTemplate();
const alarmsOf = (from: typeof template) =>
  Object.values(resourcesOf(from)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');

const metricFilters = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::Logs::MetricFilter');
const isOfApi = ({ Properties }: (typeof metricFilters)[number]) =>
  String(Properties.FilterPattern).includes('$.status');

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
      'SessionManager-Drift',
      'SessionManager-SeatsNearLimit',
    ]);
  });

  test('go off when seats are near the limit, with a measure by each sweep, unless there is no limit', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'SessionManager-SeatsNearLimit',
      MetricName: 'SeatsUsed',
      Dimensions: [
        { Name: 'Scope', Value: 'global' },
        { Name: 'service', Value: 'session-manager' },
      ],
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 80,
      Period: 3600,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
    const names = (from: typeof template) => alarmsOf(from).map(({ Properties }) => String(Properties.AlarmName));
    const withoutLimit = names(synthTemplate({ maxSessions: '0' }));
    expect(names(template).filter((name) => !withoutLimit.includes(name))).toEqual(['SessionManager-SeatsNearLimit']);
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

  test('go off for a dead schedule only after there is one, which has begun its first run', () => {
    const [id] = Object.entries(resourcesOf(template)).find(
      ([, { Properties }]) => String(Properties?.Description) === 'Ends inactive sessions and empties the trash',
    ) as [string, unknown];
    const alarm = alarmsOf(template).find(({ Properties }) => String(Properties.AlarmName).endsWith('CleanupNotRun'));
    expect(alarm?.DependsOn).toEqual([id]);
    expect(alarm?.Properties.AlarmDescription).toContain('On a new stack wait for the first run');
  });

  // One throttled call of anybody's function in the account woke somebody.
  test('go off when the account’s functions are throttled for a while, not at a single time', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'SessionManager-Throttles',
      Dimensions: Match.absent(),
      Threshold: 20,
      Period: 300,
      EvaluationPeriods: 3,
    });
  });

  // It counted every invocation of the function: POST /cleanup and the daily reconcile hid a schedule that was dead.
  test('go off when the schedule of the cleanup is dead, whoever else calls the function', () => {
    const [group] = Object.entries(resourcesOf(template)).filter(([, { Type }]) => Type.endsWith('::ScheduleGroup'));
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'SessionManager-CleanupNotRun',
      Namespace: 'AWS/Scheduler',
      MetricName: 'InvocationAttemptCount',
      Dimensions: [{ Name: 'ScheduleGroup', Value: { Ref: group?.[0] } }],
      Statistic: 'Sum',
      Period: 3600,
    });
    const schedules = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::Scheduler::Schedule');
    const grouped = schedules.filter(({ Properties }) => Properties.GroupName !== undefined);
    expect(grouped.map(({ Properties }) => [Properties.Description, Properties.GroupName])).toEqual([
      ['Ends inactive sessions and empties the trash', { Ref: group?.[0] }],
    ]);
  });

  test('count in every function’s log what failed by our fault', () => {
    const all = metricFilters.filter((filter) => !isOfApi(filter));
    const [drift, ...others] = all.filter(({ Properties }) => String(Properties.FilterPattern).includes('drift_found'));
    expect([textOf(drift?.Properties.LogGroupName), others]).toEqual(['CleanupLogs', []]);
    const filters = all.filter((filter) => filter !== drift);
    expect(filters.map(({ Properties }) => textOf(Properties.LogGroupName)).sort()).toEqual([
      'AccessLogs',
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

const NAMESPACE = 'Agents';
const withDashboard = synthTemplate({ dashboard: 'true', stackName: NAMESPACE });

describe('our own metrics', () => {
  /** Those of our namespace that alarms and widgets read. */
  const read = [...metricsOfAlarms(withDashboard), ...metricsOfWidgets(withDashboard)].flatMap((metric) =>
    metric.namespace === NAMESPACE ? [identityOf(metric.name, metric.dimensions)] : [],
  );
  const counted = Object.values(resourcesOf(withDashboard)).flatMap(({ Type, Properties }) =>
    Type === 'AWS::Logs::MetricFilter' ? (Properties.MetricTransformations as unknown as Counted[]) : [],
  );

  test('are read by alarms and widgets: each that the functions send, and none that nobody sends', () => {
    const countedInLogs = counted.map(({ MetricName }) => identityOf(MetricName, {}));
    expect([...new Set(read)].sort()).toEqual([...new Set([...cataloguedMetrics, ...countedInLogs])].sort());
    expect(new Set(counted.map(({ MetricNamespace }) => MetricNamespace))).toEqual(new Set([NAMESPACE]));
  });

  test('are sent to the namespace in which they are read', () => {
    const namespaces = Object.values(resourcesOf(withDashboard)).flatMap(({ Type, Properties }) => {
      if (Type !== 'AWS::Lambda::Function') return [];
      return (Properties.Environment as unknown as Environment).Variables[ENV.metricsNamespace] ?? [];
    });
    expect(namespaces.length).toBeGreaterThanOrEqual(API_FUNCTIONS.length);
    expect(new Set(namespaces)).toEqual(new Set([NAMESPACE]));
    expect(readConfig({ [ENV.metricsNamespace]: NAMESPACE }).metricsNamespace).toBe(NAMESPACE);
  });
});

interface Counted {
  MetricName: string;
  MetricNamespace: string;
}

interface Environment {
  Variables: Record<string, string>;
}

test('the dashboard is made when it is asked for', () => {
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  withDashboard.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
});

test('the outputs name what callers and operators need', () => {
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
    'AccessFunctionName',
    'AccessPointId',
    'ApiUrl',
    'CleanupFunctionName',
    'FileSystemId',
    'LifecycleFunctionName',
    'McpFunctionName',
    'RecordsFunctionName',
    'SecretsKeyId',
    'SessionEventsFunctionName',
    'TableName',
    'WorkspaceFunctionName',
  ]);
});

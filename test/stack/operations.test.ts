import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { GROUPS } from '../../lib/api/operation.ts';
import { SCHEDULED_EVENT } from '../../lib/api/scheduled-event.ts';
import { ENV, readConfig } from '../../lib/config.ts';
import { cataloguedMetrics, identityOf } from '../metrics/emf.ts';
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
      'SessionManager-SeatsNearLimit',
    ]);
  });

  test('go off when seats are near the limit, with a measure by each sweep, unless there is no limit', () => {
    synthTemplate({ cleanupIntervalSeconds: '900' }).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'SessionManager-SeatsNearLimit',
      MetricName: 'SeatsUsed',
      Dimensions: [
        { Name: 'Scope', Value: 'global' },
        { Name: 'service', Value: 'session-manager' },
      ],
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 80,
      Period: 900,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
    const names = (maxSessions: string) =>
      alarmsOf(synthTemplate({ maxSessions })).map(({ Properties }) => String(Properties.AlarmName));
    expect(names('50')).toContain('SessionManager-SeatsNearLimit');
    expect(names('0')).not.toContain('SessionManager-SeatsNearLimit');
    expect(names('0')).toHaveLength(alarmsOf(template).length - 1);
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

describe('our own metrics', () => {
  const withDashboard = synthTemplate({ dashboard: 'true', stackName: 'Agents' });
  const NAMESPACE = 'Agents';

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
    const namespaces = Object.values(resourcesOf(withDashboard)).flatMap(({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function'
        ? [(Properties.Environment as unknown as Environment).Variables[ENV.metricsNamespace]]
        : [],
    );
    expect(namespaces.filter((namespace) => namespace !== undefined)).toEqual(GROUPS.map(() => NAMESPACE));
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

interface ReadMetric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

interface AlarmProperties {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}

function metricsOfAlarms(from: typeof template): ReadMetric[] {
  return alarmsOf(from).map(({ Properties }) => {
    const { Namespace, MetricName, Dimensions = [] } = Properties as unknown as AlarmProperties;
    const pairs = Dimensions.map(({ Name, Value }) => [Name, textOf(Value)]).sort(byServiceFirst);
    return { namespace: Namespace, name: MetricName, dimensions: Object.fromEntries(pairs) as Record<string, string> };
  });
}

/** A widget names a metric as `[namespace, name, dimension, value, …, { how it is shown }]`. */
function metricsOfWidgets(from: typeof template): ReadMetric[] {
  const dashboards = Object.values(resourcesOf(from)).filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  return dashboards.flatMap(({ Properties }) => {
    const { widgets } = JSON.parse(textOf(Properties.DashboardBody)) as {
      widgets: { properties: { metrics: unknown[][] } }[];
    };
    return widgets.flatMap(({ properties }) =>
      properties.metrics.map((metric) => {
        const [namespace = '', name = '', ...dimensions] = metric.filter((part) => typeof part === 'string');
        const pairs = dimensions.flatMap((part, index) => (index % 2 ? [] : [[part, dimensions[index + 1] ?? '']]));
        return {
          namespace,
          name,
          dimensions: Object.fromEntries(pairs.sort(byServiceFirst)) as Record<string, string>,
        };
      }),
    );
  });
}

/** As the functions write them. */
const byServiceFirst = ([name]: string[]) => (name === 'service' ? -1 : 1);

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
  ]);
});

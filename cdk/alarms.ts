import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { FilterPattern, MetricFilter, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct, type IConstruct } from 'constructs';
import { SEATS_NEAR_LIMIT_PERCENT, productMetric } from './product-metric.ts';
import type { FunctionName } from './function-rows.ts';
import type { Schedules } from './schedules.ts';
import type { SessionFunction } from './session-function.ts';
import type { StackConfig } from './stack-config.ts';

export interface AlarmsProps {
  config: StackConfig;
  /** Of the HTTP API. */
  accessLog: ILogGroup;
  table: ITable;
  functions: Readonly<Record<FunctionName, SessionFunction>>;
  schedules: Pick<Schedules, 'deadLetters' | 'cleanupGroup' | 'cleanupSchedule'>;
}

interface AlarmRow {
  id: string;
  metric: IMetric;
  /** Whom it hurts, in one sentence. */
  impact: string;
  /** What to do, in one sentence. */
  action: string;
  /** In alarm when the metric is at least this. */
  atLeast?: number;
  /** In alarm when the metric is below this, or when there is none. */
  below?: number;
  periods?: number;
  /** It is made after this, so that there is something to measure. */
  after?: IConstruct;
}

const FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' };

/** What somebody should get up for. Each costs $0.10 a month: one for each kind of trouble, not one for each function. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { alarmTopicArn } = props.config;
    const { stackName } = Stack.of(this);
    const topic = alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', alarmTopicArn);
    for (const row of alarmRows(props, this.serverErrors(props), this.failedOperations(props), this.drift(props))) {
      const isFloor = row.below !== undefined;
      const alarm = new Alarm(this, row.id, {
        alarmName: `${stackName}-${row.id}`,
        alarmDescription: `Impact: ${row.impact} Action: ${row.action}`,
        metric: row.metric,
        threshold: row.below ?? row.atLeast ?? 1,
        evaluationPeriods: row.periods ?? 1,
        comparisonOperator: isFloor
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: isFloor ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      if (row.after) alarm.node.addDependency(row.after);
      if (topic) alarm.addAlarmAction(new SnsAction(topic));
    }
  }

  /**
   * 5xx answers by our fault. API Gateway's own metric also counts what others cause: 502 for an MCP server that fails, 507
   * for a workspace that is full. 502 is ours where the function did not answer.
   */
  private serverErrors({ accessLog }: AlarmsProps): IMetric {
    const names = { metricNamespace: Stack.of(this).stackName, metricName: 'ApiServerErrors' };
    const isOurs = ['500', '503', '504'].map((status) => FilterPattern.stringValue('$.status', '=', status));
    const hasNoAnswer = FilterPattern.all(
      FilterPattern.stringValue('$.status', '=', '502'),
      FilterPattern.stringValue('$.integrationError', '!=', '-'),
    );
    new MetricFilter(this, 'ApiServerErrors-lines', {
      logGroup: accessLog,
      ...names,
      filterPattern: FilterPattern.any(...isOurs, hasNoAnswer),
    });
    return new Metric({ namespace: names.metricNamespace, metricName: names.metricName, ...FIVE_MINUTES });
  }

  /** Operations that failed by our fault: Lambda counts them as successes, since callers get an answer. */
  private failedOperations({ functions }: AlarmsProps): IMetric {
    const names = { metricNamespace: Stack.of(this).stackName, metricName: 'FailedOperations' };
    for (const [name, { logGroup }] of Object.entries(functions)) {
      new MetricFilter(this, `FailedOperations-${name}`, {
        logGroup,
        ...names,
        filterPattern: FilterPattern.stringValue('$.message', '=', 'operation_failed'),
      });
    }
    return new Metric({ namespace: names.metricNamespace, metricName: names.metricName, ...FIVE_MINUTES });
  }

  /** What reconciles found: one line a run, a metric only in the hours in which there is one. */
  private drift({ functions }: AlarmsProps): IMetric {
    const names = { metricNamespace: Stack.of(this).stackName, metricName: 'Drift' };
    new MetricFilter(this, 'Drift-lines', {
      logGroup: functions.cleanup.logGroup,
      ...names,
      metricValue: '$.found',
      filterPattern: FilterPattern.stringValue('$.message', '=', 'drift_found'),
    });
    return new Metric({ namespace: names.metricNamespace, metricName: names.metricName, ...FIVE_MINUTES });
  }
}

/** Runs that the schedule began: the function's own invocations also count those of POST /cleanup and of reconciles. */
function scheduledRuns(group: string, period: Duration): IMetric {
  return new Metric({
    namespace: 'AWS/Scheduler',
    metricName: 'InvocationAttemptCount',
    dimensionsMap: { ScheduleGroup: group },
    statistic: 'Sum',
    period,
  });
}

function alarmRows(
  { config, table, functions, schedules }: AlarmsProps,
  serverErrors: IMetric,
  failedOperations: IMetric,
  drift: IMetric,
): AlarmRow[] {
  const cleanup = functions.cleanup.function;
  const { deadLetters, cleanupGroup, cleanupSchedule } = schedules;
  const sweepPeriod = Duration.minutes(config.cleanupIntervalMinutes);
  const seatsNearLimit: AlarmRow = {
    id: 'SeatsNearLimit',
    // Each sweep measures, so that there is a measure in each period in which seats are taken.
    metric: productMetric(Stack.of(table), 'SeatsUsed', 'global', { statistic: 'Maximum', period: sweepPeriod }),
    atLeast: SEATS_NEAR_LIMIT_PERCENT,
    impact: `At least ${SEATS_NEAR_LIMIT_PERCENT} % of all seats are taken; at 100 % nobody can begin a session.`,
    action: 'End what is idle with POST /cleanup, find in the audit lines who creates the most, or raise maxSessions.',
  };
  return [
    {
      id: 'ApiServerErrors',
      metric: serverErrors,
      atLeast: 5,
      impact: 'Agents get 5xx answers that no MCP server of theirs caused: they cannot begin, use or end sessions.',
      action: 'Look in the access logs for the route and its integrationError, then in that function’s log.',
    },
    {
      id: 'FailedOperations',
      metric: failedOperations,
      atLeast: 5,
      impact: 'Operations fail for reasons that are not the caller’s, over HTTP or by direct invocation.',
      action: 'Search the functions’ logs for operation_failed: each line has the operation and the cause.',
    },
    {
      id: 'CleanupErrors',
      metric: cleanup.metricErrors(FIVE_MINUTES),
      impact: 'Idle sessions keep their seats and their files for longer than they should.',
      action: 'Read the last runs in the cleanup function’s log; the next run takes up what this one left.',
    },
    {
      id: 'CleanupNotRun',
      metric: scheduledRuns(cleanupGroup, sweepPeriod),
      below: 1,
      periods: 3,
      after: cleanupSchedule,
      impact:
        'The schedule has run no cleanup for three intervals: seats fill up until no session can begin a session.',
      action:
        'On a new stack wait for the first run, some minutes. Check that the schedule is there and enabled, and do its work ' +
        'with POST /cleanup meanwhile.',
    },
    {
      id: 'DeadLetters',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      impact:
        'A scheduled run or a batch of the stream was given up after its retries; what it should have ended goes on.',
      action:
        'Read the message for the reason, repair it, then purge the queue: the next cleanup does its work by itself.',
    },
    {
      id: 'Throttles',
      // Of all functions in the account: they share its concurrency, and none here has a part of its own. A few are no
      // trouble, nor is a function of another team that is throttled by a limit of its own now and then.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', ...FIVE_MINUTES }),
      atLeast: 20,
      periods: 3,
      impact:
        'The account’s Lambda concurrency is used up, or a part of it that a function has reserved; agents may get 503.',
      action:
        'Find in the Throttles metric whose function it is, and ask AWS for a higher quota if it is one of this stack.',
    },
    {
      id: 'Contention',
      metric: new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: 'TransactionConflict',
        dimensionsMap: { TableName: table.tableName },
        ...FIVE_MINUTES,
      }),
      atLeast: 300,
      periods: 3,
      impact: 'More sessions begin and end at once than the counters take in; callers wait, and some get CONTENTION.',
      action: 'Find the organisation with the most creates in the audit lines, and spread them over time.',
    },
    {
      id: 'Drift',
      metric: drift,
      impact: 'Counters, sessions or directories do not fit each other: seats or files are lost to somebody.',
      action: 'Search the cleanup function’s log for drift.found, then POST /reconcile with { "repair": true }.',
    },
    ...(config.limits.global > 0 ? [seatsNearLimit] : []),
  ];
}

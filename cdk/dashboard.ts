import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { MetricName } from '../lib/telemetry/metrics/metric-catalogue.ts';
import type { FunctionName } from './function-rows.ts';
import { productMetric, productMetrics } from './product-metric.ts';
import type { SessionFunction } from './session-function.ts';

export interface SessionDashboardProps {
  api: HttpApi;
  table: Table;
  functions: Readonly<Record<FunctionName, SessionFunction>>;
}

const period = Duration.minutes(5);

/** $3 a month, so it is asked for. */
export class SessionDashboard extends Construct {
  constructor(scope: Construct, id: string, { api, table, functions }: SessionDashboardProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: stack.stackName });
    const row = (...graphs: [title: string, metrics: IMetric[]][]) =>
      dashboard.addWidgets(...graphs.map(([title, left]) => new GraphWidget({ title, left, width: 8 })));
    const ofEach = (metric: (fn: SessionFunction['function'], label: string) => IMetric) =>
      Object.entries(functions).map(([label, { function: fn }]) => metric(fn, label));

    const each = (name: MetricName, statistic: string) => productMetrics(stack, name, { statistic, period });
    const latency = (statistic: string) =>
      productMetric(stack, 'OperationDuration', 'success', { statistic, period, label: statistic });

    row(
      ['Seats taken', each('SeatsActive', 'Maximum')],
      ['Seats taken of the limit, fullest of each scope (%)', each('SeatsUsed', 'Maximum')],
      ['Creates refused, by the scope that was full', each('SeatRefusals', 'Sum')],
    );
    row(
      ['Operations by result', each('OperationDuration', 'SampleCount')],
      ['Operation latency, successful ones (ms)', ['p50', 'p95', 'p99'].map(latency)],
      ['Failures by code', [...each('Failures', 'Sum'), ...each('AuditLoggerFailures', 'Sum')]],
    );
    row(
      ['Sweep: most that a session was overdue (s)', each('SweepLag', 'Maximum')],
      ['Sweep: sessions ended, and not', [...each('SessionsCleaned', 'Sum'), ...each('SessionsNotCleaned', 'Sum')]],
      ['Trash left by a sweep (directories)', each('TrashBacklog', 'Maximum')],
    );
    row(
      ['Requests', [api.metricCount({ period }), api.metricClientError({ period }), api.metricServerError({ period })]],
      ['Latency, 95 of 100 (ms)', [api.metricLatency({ period, statistic: 'p95' })]],
      ['Time in functions, 95 of 100', ofEach((fn, label) => fn.metricDuration({ period, label, statistic: 'p95' }))],
    );
    row(
      ['Invocations', ofEach((fn, label) => fn.metricInvocations({ period, label }))],
      ['Crashes and timeouts', ofEach((fn, label) => fn.metricErrors({ period, label }))],
      ['Sweep: longest that had something to do (ms)', each('SweepDuration', 'Maximum')],
    );
    row(
      ['Table: units read', [table.metricConsumedReadCapacityUnits({ period })]],
      ['Table: units written', [table.metricConsumedWriteCapacityUnits({ period })]],
      ['Table: transactions in conflict', [table.metric('TransactionConflict', { period, statistic: 'Sum' })]],
    );
  }
}

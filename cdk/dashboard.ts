import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { FunctionName } from './function-rows.ts';
import type { SessionFunction } from './session-function.ts';
import type { StackConfig } from './stack-config.ts';

export interface SessionDashboardProps {
  config: StackConfig;
  api: HttpApi;
  table: Table;
  functions: Readonly<Record<FunctionName, SessionFunction>>;
}

const period = Duration.minutes(5);

/** $3 a month, so it is asked for. */
export class SessionDashboard extends Construct {
  constructor(scope: Construct, id: string, { config, api, table, functions }: SessionDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: config.stackName });
    const row = (...graphs: [title: string, metrics: IMetric[]][]) =>
      dashboard.addWidgets(...graphs.map(([title, left]) => new GraphWidget({ title, left, width: 8 })));
    const ofEach = (metric: (fn: SessionFunction['function'], label: string) => IMetric) =>
      Object.entries(functions).map(([label, { function: fn }]) => metric(fn, label));

    row(
      ['Requests', [api.metricCount({ period }), api.metricClientError({ period }), api.metricServerError({ period })]],
      ['Latency, 95 of 100 (ms)', [api.metricLatency({ period, statistic: 'p95' })]],
      ['Time in functions, 95 of 100', ofEach((fn, label) => fn.metricDuration({ period, label, statistic: 'p95' }))],
    );
    row(
      ['Invocations', ofEach((fn, label) => fn.metricInvocations({ period, label }))],
      ['Crashes and timeouts', ofEach((fn, label) => fn.metricErrors({ period, label }))],
      ['Cleanup: longest run', [functions.cleanup.function.metricDuration({ period, statistic: 'Maximum' })]],
    );
    row(
      ['Table: units read', [table.metricConsumedReadCapacityUnits({ period })]],
      ['Table: units written', [table.metricConsumedWriteCapacityUnits({ period })]],
      ['Table: transactions in conflict', [table.metric('TransactionConflict', { period, statistic: 'Sum' })]],
    );
  }
}

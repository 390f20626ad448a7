import { beforeAll, describe, expect, test } from '@jest/globals';
import { functionRows } from '../../../cdk/function-rows.ts';
import { lambdaHandler } from '../../../lib/api/lambda-handler.ts';
import { SCHEDULED_EVENT } from '../../../lib/api/scheduled-event.ts';
import { lambdaContext } from '../../api/lambda-events.ts';
import { captureStdout, cataloguedMetrics, identityOf } from '../../telemetry/metrics/emf.ts';
import { priceOf } from '../../bench/prices.ts';
import { newStack } from '../../setup/test-stack.ts';
import { resourcesOf, synthTemplate, type Resource } from '../synth.ts';

const HOURS = 730;

/**
 * One run of the cleanup that finds nothing: eight index queries, and eight more for the workspaces to measure, the
 * farewells, the seats twice, how far that round is, two directories, a few log lines. The check of access points, with
 * as much memory, costs no more: one request to EFS, which is free. Nor does the daily reconcile, which reads an empty table.
 */
const SWEEP = { seconds: 2, readUnits: 16 * 0.5 + 4, logGb: 4e-6 };

const free = () => 0;

/** What a month costs of each resource that nobody uses. A type that is not here has to be looked up first. */
const IDLE: Record<string, (resource: Resource) => number> = {
  'AWS::CloudWatch::Alarm': () => priceOf('alarmMonth'),
  'AWS::CloudWatch::Dashboard': () => priceOf('dashboardMonth'),
  'AWS::KMS::Key': () => priceOf('kmsKeyMonth'),
  'AWS::Scheduler::Schedule': ({ Properties }) => runsAMonth(String(Properties.ScheduleExpression)) * runCost(),
  // Paid by what they hold or carry, which is nothing.
  'AWS::DynamoDB::Table': free,
  'AWS::EFS::FileSystem': free,
  'AWS::Logs::LogGroup': free,
  'AWS::EC2::FlowLog': free,
  'AWS::SQS::Queue': free,
  'AWS::Lambda::Function': free,
  'AWS::ApiGatewayV2::Api': free,
  // A metric is paid for the hours in which something is counted.
  'AWS::Logs::MetricFilter': free,
  'AWS::EC2::VPCEndpoint': ({ Properties }) => {
    if (Properties.VpcEndpointType === 'Gateway') return 0;
    throw new Error('an interface endpoint is paid by the hour');
  },
  // Never paid.
  'AWS::Scheduler::ScheduleGroup': free,
  'AWS::ApiGatewayV2::Authorizer': free,
  'AWS::ApiGatewayV2::Integration': free,
  'AWS::ApiGatewayV2::Route': free,
  'AWS::ApiGatewayV2::Stage': free,
  'AWS::EC2::RouteTable': free,
  'AWS::EC2::SecurityGroup': free,
  'AWS::EC2::SecurityGroupEgress': free,
  'AWS::EC2::SecurityGroupIngress': free,
  'AWS::EC2::Subnet': free,
  'AWS::EC2::SubnetRouteTableAssociation': free,
  'AWS::EC2::VPC': free,
  'AWS::EFS::AccessPoint': free,
  'AWS::EFS::MountTarget': free,
  'AWS::IAM::Policy': free,
  'AWS::IAM::Role': free,
  'AWS::KMS::Alias': free,
  'AWS::Lambda::EventInvokeConfig': free,
  // Lambda reads the stream for nothing, and calls when there is something.
  'AWS::Lambda::EventSourceMapping': free,
  'AWS::Lambda::Permission': free,
  'AWS::SQS::QueuePolicy': free,
};

function runsAMonth(expression: string): number {
  const runs = { 'rate(1 hour)': HOURS, 'rate(1 day)': HOURS / 24 }[expression];
  if (runs === undefined) throw new Error(`How often is ${expression}?`);
  return runs;
}

function runCost(): number {
  const gbSeconds = (functionRows.cleanup.memoryMb / 1024) * SWEEP.seconds;
  return (
    priceOf('schedulerInvocation') +
    priceOf('lambdaRequest') +
    gbSeconds * priceOf('lambdaArmGbSecond') +
    SWEEP.readUnits * priceOf('dynamoDbReadUnit') +
    SWEEP.logGb * priceOf('logsGb') +
    priceOf('trace')
  );
}

/** The metrics that the schedule's run sends where there is no session: the run itself, on an empty table. */
async function metricsOfIdleSweep(): Promise<string[]> {
  const stack = await newStack({ METRICS_NAMESPACE: 'Idle' });
  const stdout = captureStdout();
  try {
    await lambdaHandler('cleanup', () => stack)(SCHEDULED_EVENT, lambdaContext(900_000));
    return [...new Set(stdout.metrics().map(({ name, dimensions }) => identityOf(name, dimensions)))];
  } finally {
    stdout.stop();
    await stack.close();
  }
}

let idleMetrics: string[];

function idleMonth(context: Record<string, unknown> = {}): number {
  return Object.values(resourcesOf(synthTemplate(context))).reduce(
    (sum, resource) => {
      const price = IDLE[resource.Type];
      if (!price) throw new Error(`What does ${resource.Type} cost when nobody uses it?`);
      return sum + price(resource);
    },
    idleMetrics.length * priceOf('customMetricMonth'),
  );
}

describe('an idle month', () => {
  beforeAll(async () => {
    idleMetrics = await metricsOfIdleSweep();
  });

  test('costs less than two dollars', () => {
    expect(idleMonth()).toBeLessThan(2);
    expect(idleMonth()).toBeCloseTo(1.92, 2);
  });

  test('costs three dollars more with the dashboard', () => {
    expect(idleMonth({ dashboard: true }) - idleMonth()).toBeCloseTo(priceOf('dashboardMonth'));
  });

  test('has no metrics of ours: a sweep sends none of what is zero', () => {
    expect(idleMetrics).toEqual([]);
  });

  test('has no more than six dollars of metrics when everything has something to tell', () => {
    expect(cataloguedMetrics.length * priceOf('customMetricMonth')).toBeLessThanOrEqual(6);
  });

  test('has alarms at the price of the standard resolution', () => {
    const alarms = Object.values(resourcesOf(synthTemplate())).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    for (const { Properties } of alarms) {
      expect(Properties.Period).toBeGreaterThanOrEqual(60);
      expect(Properties.Metrics).toBeUndefined();
    }
  });
});

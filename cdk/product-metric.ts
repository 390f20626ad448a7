import type { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS, METRICS, SERVICE, type MetricName } from '../lib/telemetry/metrics/metric-catalogue.ts';

/** From which share of the global limit on the alarm goes off. */
export const SEATS_NEAR_LIMIT_PERCENT = 80;

interface Shown {
  statistic: string;
  period: Duration;
  label?: string;
}

/** The values of a metric's dimension; of one that has none, `undefined` alone. */
type ValueOf<Name extends MetricName> = (typeof METRICS)[Name]['dimension'] extends keyof typeof DIMENSIONS
  ? (typeof DIMENSIONS)[(typeof METRICS)[Name]['dimension']][number]
  : undefined;

/** A metric of the catalogue as the functions send it: in the namespace that is named for the stack. */
export function productMetric<Name extends MetricName>(
  { stackName }: Pick<Stack, 'stackName'>,
  name: Name,
  value: ValueOf<Name>,
  shown: Shown,
): Metric {
  const { dimension } = METRICS[name];
  return new Metric({
    namespace: stackName,
    metricName: name,
    dimensionsMap: { service: SERVICE, ...(dimension !== undefined && { [dimension]: String(value) }) },
    ...shown,
  });
}

/** The same for each value of its dimension, labelled by it. */
export function productMetrics(stack: Pick<Stack, 'stackName'>, name: MetricName, shown: Shown): Metric[] {
  const { dimension } = METRICS[name];
  const values = dimension === undefined ? [undefined] : DIMENSIONS[dimension];
  return values.map((value) =>
    productMetric(stack, name, value as ValueOf<typeof name>, { label: value ?? name, ...shown }),
  );
}

import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf, textOf } from './synth.ts';

/** A metric that an alarm or a widget reads. */
export interface ReadMetric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

interface AlarmProperties {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}

export function metricsOfAlarms(from: Template): ReadMetric[] {
  const alarms = Object.values(resourcesOf(from)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return alarms.map(({ Properties }) => {
    const { Namespace, MetricName, Dimensions = [] } = Properties as unknown as AlarmProperties;
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, textOf(Value)]));
    return { namespace: Namespace, name: MetricName, dimensions };
  });
}

/** A widget names a metric as `[namespace, name, dimension, value, …, { how it is shown }]`. */
export function metricsOfWidgets(from: Template): ReadMetric[] {
  const dashboards = Object.values(resourcesOf(from)).filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  return dashboards.flatMap(({ Properties }) => {
    const { widgets } = JSON.parse(textOf(Properties.DashboardBody)) as {
      widgets: { properties: { metrics: unknown[][] } }[];
    };
    return widgets.flatMap(({ properties }) =>
      properties.metrics.map((metric) => {
        const [namespace = '', name = '', ...rest] = metric.filter((part) => typeof part === 'string');
        const pairs = rest.flatMap((part, index) => (index % 2 ? [] : [[part, rest[index + 1] ?? ''] as const]));
        return { namespace, name, dimensions: Object.fromEntries(pairs) };
      }),
    );
  });
}

import { jest } from '@jest/globals';
import * as z from 'zod';
import { DIMENSIONS, METRICS, SERVICE, type MetricName } from '../../../lib/telemetry/metrics/metric-catalogue.ts';

/** What CloudWatch asks of a line before it takes metrics out of it. */
const emfSchema = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.number().int(),
    CloudWatchMetrics: z
      .array(
        z.strictObject({
          Namespace: z.string().min(1).max(255),
          Dimensions: z.array(z.array(z.string().min(1)).min(1).max(30)).min(1),
          Metrics: z
            .array(
              z.strictObject({
                Name: z.string().min(1).max(255),
                Unit: z.enum(['Count', 'Percent', 'Seconds', 'Milliseconds']),
              }),
            )
            .min(1)
            .max(100),
        }),
      )
      .length(1),
  }),
});

/** A metric that CloudWatch takes from a line; `properties` is what else stands there. */
export interface SentMetric {
  namespace: string;
  name: string;
  unit: string;
  dimensions: Record<string, string>;
  value: number;
  properties: Record<string, unknown>;
}

/** The metrics of a line; none of one that is not in the embedded metric format. Throws if it is and is not valid. */
export function metricsIn(line: string): SentMetric[] {
  if (!line.includes('"_aws"')) return [];
  const { _aws, ...members } = emfSchema.parse(JSON.parse(line));
  const age = Date.now() - _aws.Timestamp;
  if (age < -2 * 60 * 60 * 1000 || age > 14 * 24 * 60 * 60 * 1000) throw new Error(`not a time to take: ${line}`);
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, textIn(members, name)]));
      const targets = new Set([...names, ...Metrics.map(({ Name }) => Name)]);
      const properties = Object.fromEntries(Object.entries(members).filter(([name]) => !targets.has(name)));
      return Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        dimensions,
        value: numberIn(members, Name),
        properties,
      }));
    }),
  );
}

function textIn(members: Record<string, unknown>, name: string): string {
  const value = members[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= 1024) return value;
  throw new Error(`the dimension ${name} has no value`);
}

function numberIn(members: Record<string, unknown>, name: string): number {
  const value = members[name];
  if (typeof value === 'number') return value;
  throw new Error(`the metric ${name} has no value`);
}

/** A metric as it is counted and paid for: a name and the values of its dimensions. */
export const identityOf = (name: string, dimensions: Record<string, string>): string =>
  [
    name,
    ...Object.entries(dimensions)
      .map((dimension) => dimension.join('='))
      .sort(),
  ].join(' ');

/** All that the catalogue has. */
export const cataloguedMetrics: string[] = (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
  const { dimension } = METRICS[name];
  if (dimension === undefined) return [identityOf(name, { service: SERVICE })];
  return DIMENSIONS[dimension].map((value) => identityOf(name, { service: SERVICE, [dimension]: value }));
});

/** Takes what this process writes on stdout until `stop`; `onWrite` may throw to fail it. */
export function captureStdout(onWrite: () => void = () => undefined) {
  let written = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk: unknown) => {
    onWrite();
    written += String(chunk);
    return true;
  });
  return {
    lines: () => written.split('\n').filter(Boolean),
    /** The metrics since the last time. */
    metrics: (): SentMetric[] => {
      const sent = written.split('\n').filter(Boolean).flatMap(metricsIn);
      written = '';
      return sent;
    },
    stop: () => spy.mockRestore(),
  };
}

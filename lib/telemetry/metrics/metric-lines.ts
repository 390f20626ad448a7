import { Metrics } from '@aws-lambda-powertools/metrics';
import type { AuditEvent } from '../audit/audit-event.ts';
import { MaxSessionsReachedError } from '../../errors.ts';
import type { Identity, Scope } from '../../identity.ts';
import { METRICS, SERVICE, type DimensionName, type MetricName } from './metric-catalogue.ts';

export interface MetricLinesOptions {
  /** Without one nothing is written. */
  namespace?: string | undefined;
  /** From which level on Lambda lets lines through to the log; unset where it is not Lambda. */
  lambdaLogLevel?: string | undefined;
  onFailure?: (thrown: unknown) => void;
}

/** What a sweep found and left. */
export interface SweepMeasures {
  durationMs: number;
  lagMs: number;
  cleaned: number;
  notCleaned: number;
  trash: number;
}

/** Which of a line's members are metrics. */
type Directives = ReturnType<Metrics['serializeMetrics']>['_aws']['CloudWatchMetrics'];
type Values = Partial<Record<MetricName, number>>;
type Dimensions = Partial<Record<DimensionName, string>>;

const LEVELS_WITH_INFO = ['TRACE', 'DEBUG', 'INFO'];

class OwnMetrics extends Metrics {
  /** By `POWERTOOLS_METRICS_DISABLED`, or by the development mode of Powertools. */
  get isOff(): boolean {
    return this.isDisabled();
  }
}

/** No plain object, of which the logger would make a copy, member by member, for each line. */
class LineMetrics {
  readonly Timestamp = Date.now();
  readonly CloudWatchMetrics: Directives;

  constructor(directives: Directives) {
    this.CloudWatchMetrics = directives;
  }
}

/**
 * Writes every metric that the product sends, as lines in CloudWatch's embedded metric format on stdout. Each is written
 * when it is known, so that nothing is left to send when Lambda freezes the process after its answer. Never throws.
 */
export class MetricLines {
  private readonly metrics: Metrics | undefined;
  private durationDirectives: Directives | undefined;
  private readonly level: string | undefined;
  private readonly onFailure: (thrown: unknown) => void;

  constructor({ namespace, lambdaLogLevel = 'INFO', onFailure = () => undefined }: MetricLinesOptions = {}) {
    const metrics = namespace === undefined ? undefined : new OwnMetrics({ namespace, serviceName: SERVICE });
    this.metrics = metrics?.isOff ? undefined : metrics;
    this.level = LEVELS_WITH_INFO.includes(lambdaLogLevel) ? undefined : lambdaLogLevel;
    this.onFailure = onFailure;
  }

  /** Whether anything is written: what costs a request to find out need not be, if not. */
  get isOn(): boolean {
    return this.metrics !== undefined;
  }

  /**
   * With the error, if it was one. The schedule's own runs count as sweeps. If the event is written as a line
   * of this service, the duration is a metric of that line: gives the event with what makes it one.
   */
  operationFinished(event: AuditEvent, error?: unknown, hasLine = false): AuditEvent {
    this.refusedOrFailed(event, error);
    const { operation, actor, result, durationMs } = event;
    if (actor.kind === 'schedule') return event;
    if (hasLine) return { ...event, ...this.asMembers(result, durationMs) };
    this.send({ Result: result }, { OperationDuration: durationMs }, { operation });
    return event;
  }

  private refusedOrFailed(event: AuditEvent, error: unknown): void {
    const { operation, result, code, userId = '', orgId = '' } = event;
    if (result === 'failed' && code !== undefined) this.send({ Code: code }, { Failures: 1 }, { operation });
    if (error instanceof MaxSessionsReachedError) {
      const { scope, limit, active } = error.details;
      this.seats(scope, { active, limit: limit === 0 ? null : limit }, { userId, orgId });
      this.send({ Scope: scope }, { SeatRefusals: 1 });
    }
  }

  /** The line says whose seats they are; as a dimension that would be a metric for each. */
  seats(scope: Scope, { active, limit }: { active: number; limit: number | null }, { userId, orgId }: Identity): void {
    if (active === 0) return;
    const whose: Record<string, string> = { global: {}, org: { orgId }, user: { orgId, userId } }[scope];
    if (scope === 'global') this.send({}, { SeatsActive: active });
    if (limit !== null) this.send({ Scope: scope }, { SeatsUsed: (100 * active) / Math.max(limit, 1) }, whose);
  }

  swept({ durationMs, lagMs, cleaned, notCleaned, trash }: SweepMeasures): void {
    const found = {
      SweepLag: Math.round(lagMs / 1000),
      SessionsCleaned: cleaned,
      SessionsNotCleaned: notCleaned,
      TrashBacklog: trash,
    };
    const values = Object.fromEntries(Object.entries(found).filter(([, value]) => value > 0)) as Values;
    if (Object.keys(values).length > 0) this.send({}, { SweepDuration: durationMs, ...values });
  }

  auditLoggerFailed(): void {
    this.send({}, { AuditLoggerFailures: 1 });
  }

  /** For what was to be measured and could not. */
  failed(thrown: unknown): void {
    this.onFailure(thrown);
  }

  /** One line, from the first addition to the write in one go: other operations of this process write in between. */
  private send(dimensions: Dimensions, values: Values, properties: Record<string, string> = {}): void {
    this.collected(dimensions, values, { ...properties, ...this.passingLevel() }, (metrics) =>
      metrics.publishStoredMetrics(),
    );
  }

  /** A line that says its `service` already has the duration with these. */
  private asMembers(Result: AuditEvent['result'], OperationDuration: number): object {
    // The same for all of them.
    this.durationDirectives ??= this.collected(
      { Result },
      { OperationDuration },
      {},
      (metrics) => metrics.serializeMetrics()._aws.CloudWatchMetrics,
    );
    const CloudWatchMetrics = this.durationDirectives;
    return CloudWatchMetrics ? { _aws: new LineMetrics(CloudWatchMetrics), Result, OperationDuration } : {};
  }

  private collected<T>(
    dimensions: Dimensions,
    values: Values,
    properties: Record<string, string>,
    use: (metrics: Metrics) => T,
  ): T | undefined {
    if (!this.metrics) return undefined;
    try {
      for (const [name, value] of Object.entries(dimensions)) this.metrics.addDimension(name, value);
      for (const [name, value] of Object.entries(properties)) this.metrics.addMetadata(name, value);
      for (const [name, value] of Object.entries(values)) {
        this.metrics.addMetric(name, METRICS[name as MetricName].unit, value);
      }
      return use(this.metrics);
    } catch (thrown) {
      this.onFailure(thrown);
      return undefined;
    } finally {
      this.metrics.clearMetrics();
      this.metrics.clearDimensions();
      this.metrics.clearMetadata();
    }
  }

  /** Lambda takes a line for INFO that has no level and time of its own. */
  private passingLevel(): Record<string, string> {
    return this.level === undefined ? {} : { level: this.level, timestamp: new Date().toISOString() };
  }
}

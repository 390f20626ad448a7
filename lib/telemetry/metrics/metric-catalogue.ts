import { NARROWEST_SCOPE_FIRST } from '../../identity.ts';
import { FAILURE_CODES } from '../audit/audit-outcome.ts';

/** A dimension of every metric. */
export const SERVICE = 'session-manager';

/** The values that a dimension can have. Each is a metric of its own, which costs $0.30 a month: never an id. */
export const DIMENSIONS = {
  Result: ['success', 'refused', 'failed'],
  Scope: NARROWEST_SCOPE_FIRST,
  Code: FAILURE_CODES,
} as const;

export type DimensionName = keyof typeof DIMENSIONS;

/**
 * Every metric that the product sends, with its unit and its dimension in addition to `service`. Their namespace
 * is configuration. What is zero is not sent: a metric is paid for the hours in which there is one.
 */
export const METRICS = {
  /** Of what callers ask for. Its number of samples is the number of operations. */
  OperationDuration: { unit: 'Milliseconds', dimension: 'Result' },
  /** Operations that failed by our fault or an MCP server's. */
  Failures: { unit: 'Count', dimension: 'Code' },
  AuditLoggerFailures: { unit: 'Count', dimension: undefined },
  /** Of the whole system only. */
  SeatsActive: { unit: 'Count', dimension: undefined },
  /** Of the limit: the maximum is that of the fullest organisation or user. */
  SeatsUsed: { unit: 'Percent', dimension: 'Scope' },
  /** Creates refused since a limit was full. */
  SeatRefusals: { unit: 'Count', dimension: 'Scope' },
  /** Of sweeps that had something to do. */
  SweepDuration: { unit: 'Milliseconds', dimension: undefined },
  /** How long the session that was overdue the longest had been due. */
  SweepLag: { unit: 'Seconds', dimension: undefined },
  SessionsCleaned: { unit: 'Count', dimension: undefined },
  SessionsNotCleaned: { unit: 'Count', dimension: undefined },
  /** Directories that a sweep leaves in the trash for the next one. */
  TrashBacklog: { unit: 'Count', dimension: undefined },
} as const satisfies Record<string, { unit: string; dimension: DimensionName | undefined }>;

export type MetricName = keyof typeof METRICS;

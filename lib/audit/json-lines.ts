import { types } from 'node:util';
import type { LineLogger } from './log-lines.ts';

/** By weight; nothing is written at the last one. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Lines of JSON, from a level on, as CloudWatch and Lambda read them. */
export class JsonLines implements LineLogger {
  private readonly service: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly least: number;

  constructor(service: string, level: LogLevel, env: NodeJS.ProcessEnv = {}) {
    this.service = service;
    this.env = env;
    this.least = LOG_LEVELS.indexOf(level);
  }

  info(message: string, fields: Record<string, unknown>): void {
    this.write(process.stdout, 'INFO', message, fields);
  }

  warn(message: string, fields: Record<string, unknown>): void {
    this.write(process.stderr, 'WARN', message, fields);
  }

  error(message: string, fields: Record<string, unknown>): void {
    this.write(process.stderr, 'ERROR', message, fields);
  }

  private write(to: NodeJS.WritableStream, level: LogLevel, message: string, fields: Record<string, unknown>): void {
    if (LOG_LEVELS.indexOf(level) < this.least) return;
    const timestamp = new Date().toISOString();
    const line = { level, message, timestamp, service: this.service, xray_trace_id: this.traceId(), ...fields };
    to.write(`${JSON.stringify(line, readable())}\n`);
  }

  /** As Lambda sets it for each call. */
  private traceId(): string | undefined {
    return /Root=([^;]+)/.exec(this.env._X_AMZN_TRACE_ID ?? '')?.[1];
  }
}

/** Errors with all that they have; and no object twice, since one may contain itself. */
function readable(): (key: string, value: unknown) => unknown {
  const seen = new WeakSet();
  return (_key, value) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return undefined;
    seen.add(value);
    if (!types.isNativeError(value) && !(value instanceof Error)) return value;
    const { name, message, stack, cause } = value;
    return { ...value, name, message, stack, cause };
  };
}

import { types } from 'node:util';
import { outsideAudit } from './audit/audit-context.ts';
import { sumOfDrift, type Drift } from './audit/drift.ts';
import type { AuditEvent, AuditLogger } from './audit/audit-event.ts';

/** What writes them: of the logger that is used no more than this. */
interface LineLogger {
  getLevelName(): string;
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  error(message: string, fields: Record<string, unknown>): void;
}

type Lines = Omit<LineLogger, 'getLevelName'>;

const linesOf = (logger: LineLogger): Lines => ({
  info: (message, fields) => outsideAudit(() => logger.info(message, fields)),
  warn: (message, fields) => outsideAudit(() => logger.warn(message, fields)),
  error: (message, fields) => outsideAudit(() => logger.error(message, fields)),
});

const LEVELS_WITH_INFO = ['TRACE', 'DEBUG', 'INFO'];
/** As Lambda drops what is below; it knows no level above the last. */
const LAMBDA_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** Every line that the product writes, by name. */
export class LogLines {
  private readonly logger: Lines;
  private readonly lambdaLogLevel: string | undefined;
  /** Whether lines of `audit` are written, at the level that the logger has. */
  readonly isAuditWritten: boolean;

  /** `lambdaLogLevel`: what Lambda lets through, where the lines go through Lambda. */
  constructor(logger: LineLogger, lambdaLogLevel?: string) {
    this.logger = linesOf(logger);
    this.isAuditWritten = LEVELS_WITH_INFO.includes(logger.getLevelName());
    this.lambdaLogLevel = lambdaLogLevel;
  }

  readonly audit: AuditLogger = {
    log: (event: AuditEvent) => this.logger.info('session_audit_event', { ...event }),
  };

  auditLoggerFailed(thrown: unknown): void {
    this.logger.error('audit_logger_failed', { error: asError(thrown) });
  }

  metricNotSent(thrown: unknown): void {
    this.logger.warn('metric_not_sent', { error: asError(thrown) });
  }

  /** The cause of an error of which callers only receive the code. */
  operationFailed(operation: string, thrown: unknown): void {
    this.counted('ERROR', 'operation_failed', { operation, error: asError(thrown) });
  }

  /** The cause behind an error that others have caused, an MCP server for example. No alarm counts it. */
  dependencyFailed(operation: string, thrown: unknown): void {
    this.logger.warn('dependency_failed', { operation, error: asError(thrown) });
  }

  promptComposerFailed(sessionId: string, warning: string): void {
    this.logger.warn('prompt_composer_failed', { sessionId, warning });
  }

  sessionNotEnded(sessionId: string, thrown: unknown): void {
    this.logger.warn('session_not_ended', { sessionId, error: asError(thrown) });
  }

  workspaceNotTidied(name: string, thrown: unknown): void {
    this.logger.warn('workspace_not_tidied', { name, error: asError(thrown) });
  }

  workspaceNotMeasured(sessionId: string, thrown: unknown): void {
    this.logger.warn('workspace_not_measured', { sessionId, error: asError(thrown) });
  }

  workspacesNotMeasured(thrown: unknown): void {
    this.logger.warn('workspaces_not_measured', { error: asError(thrown) });
  }

  /** Sessions that are due in a scope whose limit is full. */
  dueSessionsNotRead(thrown: unknown): void {
    this.logger.warn('due_sessions_not_read', { error: asError(thrown) });
  }

  /** `left`: what the next sweep has to go on with. */
  trashEmptied(removed: number, left: number): void {
    this.logger.info('trash_emptied', { removed, left });
  }

  mcpSessionNotTerminated(sessionId: string, mcpClientId: string, thrown: unknown): void {
    this.logger.warn('mcp_session_not_terminated', { sessionId, mcpClientId, error: asError(thrown) });
  }

  /** The stack makes a metric of it: how much a reconcile found. */
  driftFound(drift: Drift, repaired: number): void {
    this.counted('WARN', 'drift_found', { ...drift, found: sumOfDrift(drift), repaired });
  }

  driftNotRepaired(thrown: unknown): void {
    this.logger.warn('drift_not_repaired', { error: asError(thrown) });
  }

  /** Something that a reconcile could not look at, and went on. */
  driftNotLookedFor(thrown: unknown): void {
    this.logger.warn('drift_not_looked_for', { error: asError(thrown) });
  }

  terminationsNotRetried(thrown: unknown): void {
    this.logger.warn('farewells_not_retried', { error: asError(thrown) });
  }

  seatsNotSettled(thrown: unknown): void {
    this.logger.warn('seats_not_settled', { error: asError(thrown) });
  }

  accessPointNotRemoved(sessionId: string, accessPointId: string, thrown: unknown): void {
    this.logger.warn('access_point_not_removed', { sessionId, accessPointId, error: asError(thrown) });
  }

  /** What an alarm counts: in Lambda's log it is there whatever level is configured. */
  private counted(level: 'WARN' | 'ERROR', message: string, fields: Record<string, unknown>): void {
    const { lambdaLogLevel = level } = this;
    if (LAMBDA_LEVELS.indexOf(level) >= LAMBDA_LEVELS.indexOf(lambdaLogLevel)) {
      this.logger[level === 'WARN' ? 'warn' : 'error'](message, fields);
      return;
    }
    const line = { level: lambdaLogLevel, message, timestamp: new Date().toISOString(), ...fields };
    process.stderr.write(`${JSON.stringify(line, (_key, value: unknown) => readable(value))}\n`);
  }
}

const asError = (thrown: unknown): Error => (types.isNativeError(thrown) ? thrown : new Error(String(thrown)));

const readable = (value: unknown): unknown =>
  types.isNativeError(value) ? { name: value.name, message: value.message, stack: value.stack } : value;

import { Logger } from '@aws-lambda-powertools/logger';
import { readConfig, type Config, type FileSystemPlace } from '../configuration.ts';
import type { McpConnector } from '../mcp-clients/mcp-connector.ts';
import type { SecretBox } from '../mcp-clients/credentials/secret-box.ts';
import { DynamoTable } from '../table/dynamo-table.ts';
import { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { AuditLogger } from '../telemetry/audit/audit-event.ts';
import { LogLines } from '../telemetry/log-lines.ts';
import { PrettyLines } from '../telemetry/pretty-lines.ts';
import { SERVICE } from '../telemetry/metrics/metric-catalogue.ts';
import { MetricLines } from '../telemetry/metrics/metric-lines.ts';
import type { AccessPoints } from '../workspaces/access-points/access-points.ts';
import { awsSettings, type AwsSettings } from '../api/client/aws-settings.ts';
import { EFS, tableClient } from './clients.ts';

/** What of the configuration is about MCP servers. */
export type McpConfig = Pick<Config, 'mcpAllowLoopback' | 'mcpStdioCommands' | 'secretsKmsKeyId' | 'secretsKeyFile'>;

/** What connects to MCP servers. */
export interface McpServices {
  connector: McpConnector;
  secrets: SecretBox;
  /** Ends connections that are kept. */
  close: () => Promise<void>;
}

/** What differs from function to function, so that none loads what it does not use. */
export interface Loaded {
  mcp: (config: Config, env: NodeJS.ProcessEnv) => McpServices;
  accessPoints?: (place: FileSystemPlace, settings: typeof EFS & AwsSettings) => AccessPoints;
}

export function logLinesOf(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  lambdaLogLevel?: string,
): LogLines {
  const logger = logFormat === 'pretty' ? new PrettyLines(logLevel) : new Logger({ serviceName: SERVICE, logLevel });
  return new LogLines(logger, lambdaLogLevel);
}

/** What every process is made of, from the environment. No I/O. */
export function materialsFrom(env: NodeJS.ProcessEnv, { mcp, accessPoints }: Loaded) {
  const config = readConfig(env);
  const log = logLinesOf(config, env.AWS_LAMBDA_LOG_LEVEL);
  const { connector, secrets, close } = mcp(config, env);
  const client = tableClient(config, env);
  const ofFileSystem = config.fileSystem && accessPoints?.(config.fileSystem, { ...EFS, ...awsSettings(env, 'EFS') });
  return {
    config,
    log,
    table: new DynamoTable(client, config.tableName),
    mcp: connector,
    secrets,
    accessPoints: ofFileSystem,
    /** Closes all that was made here. */
    close: async () => {
      client.destroy();
      ofFileSystem?.close?.();
      await close();
    },
    metrics: new MetricLines({
      namespace: config.metricsNamespace,
      lambdaLogLevel: env.AWS_LAMBDA_LOG_LEVEL,
      onFailure: (thrown) => log.metricNotSent(thrown),
    }),
  };
}

/** Audit events go to `logger`, or to the log; what each operation took goes to the metrics. */
export function auditLogOf(log: LogLines, metrics: MetricLines, logger: AuditLogger = log.audit): AuditLog {
  return new AuditLog(
    logger,
    (thrown) => {
      log.auditLoggerFailed(thrown);
      metrics.auditLoggerFailed();
    },
    (event, thrown, current) => metrics.operationFinished(event, thrown, current === log.audit && log.isAuditWritten),
  );
}

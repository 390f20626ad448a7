import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StackConfig } from './stack-config.ts';

/** Logs are kept for as many days as configured, and no longer than the stack. */
export const newLogGroup = (scope: Construct, id: string, { logRetentionDays }: StackConfig): LogGroup =>
  new LogGroup(scope, id, { retention: logRetentionDays, removalPolicy: RemovalPolicy.DESTROY });

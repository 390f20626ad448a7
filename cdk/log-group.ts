import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StackConfig } from './stack-config.ts';

/** Logs are kept for as many days as configured, and no longer than the stack. CloudFormation names the group by default. */
export const newLogGroup = (
  scope: Construct,
  id: string,
  { logRetentionDays }: StackConfig,
  logGroupName?: string,
): LogGroup =>
  new LogGroup(scope, id, { logGroupName, retention: logRetentionDays, removalPolicy: RemovalPolicy.DESTROY });

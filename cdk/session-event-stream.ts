import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { STREAM_FILTERS } from '../lib/table/table-definition.ts';

export interface SessionEventStreamProps {
  table: Table;
  handler: LambdaFunction;
  deadLetters: IQueue;
}

const READ_STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Tells the handler of what begins and ends in the table. A batch that fails again and again ends up in `deadLetters`. */
export class SessionEventStream extends Construct {
  constructor(scope: Construct, id: string, { table, handler, deadLetters }: SessionEventStreamProps) {
    super(scope, id);
    const streamArn = table.tableStreamArn as string;
    handler.addToRolePolicy(new PolicyStatement({ actions: READ_STREAM, resources: [streamArn] }));
    handler.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
    handler.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }));
    new EventSourceMapping(this, 'Mapping', {
      target: handler,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 5,
      maxRecordAge: Duration.hours(6),
      filters: STREAM_FILTERS.map((filter) => ({ pattern: JSON.stringify(filter) })),
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
  }
}

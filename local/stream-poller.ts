import {
  DescribeStreamCommand,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  TrimmedDataAccessException,
  type DynamoDBStreamsClient,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';
import type { StreamHandler } from '../lib/api/stream-handler.ts';
import { repeat } from './repeat.ts';
import type { StreamCheckpoint } from './stream-checkpoint.ts';
import { passesFilters } from './stream-filter.ts';
import { lambdaRecord } from './stream-record.ts';

const POLL_MS = 500;
/** As the event source mapping of the deployed function. */
const BATCH = 100;
const DELIVERIES = 3;

/**
 * Reads the table's stream and passes it on as Lambda does: filtered, in batches, and after a failure again from the first
 * record that failed on, a few times.
 */
export class StreamPoller {
  private readonly client: DynamoDBStreamsClient;
  private readonly streamArn: string;
  private readonly checkpoint: StreamCheckpoint;
  private readonly handler: StreamHandler;
  /** Where each open shard is read on; a shard that is read to its end has none. */
  private readonly iterators = new Map<string, string | undefined>();

  constructor(client: DynamoDBStreamsClient, streamArn: string, checkpoint: StreamCheckpoint, handler: StreamHandler) {
    this.client = client;
    this.streamArn = streamArn;
    this.checkpoint = checkpoint;
    this.handler = handler;
  }

  /** Gives what stops it, when what is under way is through. */
  start(): () => Promise<void> {
    return repeat('reading of the table’s stream', () => this.poll(), POLL_MS);
  }

  async poll(): Promise<void> {
    for (const shardId of await this.shardIds()) {
      if (!this.iterators.has(shardId)) this.iterators.set(shardId, await this.iteratorOf(shardId));
      await this.readOn(shardId);
    }
  }

  private async shardIds(): Promise<string[]> {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const { StreamDescription } = await this.client.send(
        new DescribeStreamCommand({ StreamArn: this.streamArn, ExclusiveStartShardId: after }),
      );
      ids.push(...(StreamDescription?.Shards ?? []).flatMap(({ ShardId }) => ShardId ?? []));
      after = StreamDescription?.LastEvaluatedShardId;
    } while (after);
    return ids;
  }

  private async iteratorOf(ShardId: string): Promise<string | undefined> {
    const SequenceNumber = this.checkpoint.of(ShardId);
    try {
      const { ShardIterator } = await this.client.send(
        new GetShardIteratorCommand({
          StreamArn: this.streamArn,
          ShardId,
          SequenceNumber,
          ShardIteratorType: SequenceNumber === undefined ? 'TRIM_HORIZON' : 'AFTER_SEQUENCE_NUMBER',
        }),
      );
      return ShardIterator;
    } catch (thrown) {
      if (!(thrown instanceof TrimmedDataAccessException) || SequenceNumber === undefined) throw thrown;
      this.checkpoint.forget(ShardId);
      return this.iteratorOf(ShardId);
    }
  }

  /** Until the shard has no further records. */
  private async readOn(shardId: string): Promise<void> {
    for (let ShardIterator = this.iterators.get(shardId); ShardIterator;) {
      try {
        const page = await this.client.send(new GetRecordsCommand({ ShardIterator, Limit: BATCH }));
        const records = (page.Records ?? []).map(lambdaRecord);
        await this.deliver(records.filter((record) => passesFilters(record)));
        const last = records.at(-1)?.dynamodb?.SequenceNumber;
        if (last !== undefined) await this.checkpoint.advance(shardId, last);
        this.iterators.set(shardId, page.NextShardIterator);
        if (records.length === 0) return;
        ShardIterator = page.NextShardIterator;
      } catch (thrown) {
        if (!(thrown instanceof ExpiredIteratorException)) throw thrown;
        this.iterators.delete(shardId);
        return;
      }
    }
  }

  private async deliver(records: DynamoDBRecord[]): Promise<void> {
    let left = records;
    let failed = new Set<string>();
    for (let delivery = 1; delivery <= DELIVERIES && left.length > 0; delivery++) {
      const { batchItemFailures } = await this.handler({ Records: left });
      failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const first = left.findIndex(({ dynamodb }) => failed.has(dynamodb?.SequenceNumber ?? ''));
      left = first === -1 ? [] : left.slice(first);
    }
    if (left.length > 0) console.error(`${failed.size} changes of the table could not be handled and are skipped.`);
  }
}

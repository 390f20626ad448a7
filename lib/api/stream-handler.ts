import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import pMap from 'p-map';
import type { Services } from '../services.ts';
import { changeIn } from '../store/stream-change.ts';

export type StreamHandler = (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;

const AT_ONCE = 8;

/** The handler of the table's stream. Records that could not be handled are named, so that only they come again. */
export function streamHandler(services: () => Services): StreamHandler {
  return async ({ Records }) => {
    const failed: DynamoDBRecord[] = [];
    await pMap(
      Records,
      async (record) => {
        try {
          const change = changeIn(record);
          if (change) await services().events.handle(change);
        } catch (thrown) {
          failed.push(record);
          services().log.operationFailed('sessionEvents', thrown);
        }
      },
      { concurrency: AT_ONCE },
    );
    return {
      batchItemFailures: failed.map(({ dynamodb }) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' })),
    };
  };
}

import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import pMap from 'p-map';
import type { SessionEvent } from '../telemetry/events/session-event.ts';
import type { StreamServices } from './door-services.ts';

export type StreamHandler = (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;

const AT_ONCE = 8;

/**
 * The handler of the table's stream. Records that could not be handled are named: the first of them comes again, and with it
 * all that come after it, so that handling a record twice must be harmless.
 */
export function streamHandler(services: () => StreamServices): StreamHandler {
  return async ({ Records }) => {
    const { effects, log } = services();
    const failed = new Set<DynamoDBRecord>();
    const fail = (record: DynamoDBRecord, reason: unknown) => {
      failed.add(record);
      log.operationFailed('sessionEvents', reason);
    };

    const actOn = async (record: DynamoDBRecord) => {
      try {
        await effects.handle(record);
      } catch (thrown) {
        fail(record, thrown);
      }
    };
    const announceAll = async () => {
      const records = new Map<SessionEvent, DynamoDBRecord>();
      for (const record of Records) {
        try {
          const event = effects.eventOf(record);
          if (event) records.set(event, record);
        } catch (thrown) {
          fail(record, thrown);
        }
      }
      for (const { event, reason } of await effects.announce([...records.keys()])) {
        fail(records.get(event) as DynamoDBRecord, reason);
      }
    };

    // Others are not told later for an MCP server that does not answer.
    await Promise.all([pMap(Records, actOn, { concurrency: AT_ONCE }), announceAll()]);
    const inOrder = Records.filter((record) => failed.has(record));
    return {
      batchItemFailures: inOrder.map(({ dynamodb }) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' })),
    };
  };
}

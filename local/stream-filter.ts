import type { DynamoDBRecord } from 'aws-lambda';
import { STREAM_FILTERS, type StreamFilter, type StreamPattern } from '../lib/store/table-schema.ts';

/** Whether Lambda would pass the record on, by the same filters. */
export function passesFilters(record: DynamoDBRecord, filters: readonly StreamFilter[] = STREAM_FILTERS): boolean {
  const sortKey = record.dynamodb?.Keys?.sk?.S ?? '';
  return filters.some(
    ({ eventName, dynamodb }) =>
      eventName.some((name) => name === record.eventName) && matches(sortKey, dynamodb.Keys.sk.S),
  );
}

const matches = (text: string, pattern: StreamPattern): boolean =>
  pattern.some((part) => (typeof part === 'string' ? text === part : text.startsWith(part.prefix)));

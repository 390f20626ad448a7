import type { DynamoDBRecord } from 'aws-lambda';
import { STREAM_FILTERS, type StreamFilter, type StreamPattern } from '../lib/table/table-definition.ts';

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

/** Whether Lambda would pass the record on, by the same filters. */
export function passesFilters(record: DynamoDBRecord, filters: readonly StreamFilter[] = STREAM_FILTERS): boolean {
  const sortKey = record.dynamodb?.Keys?.sk?.S ?? '';
  return filters.some(
    ({ eventName, dynamodb }) =>
      eventName.some((name) => name === record.eventName) &&
      matches(sortKey, dynamodb.Keys.sk.S) &&
      (dynamodb.NewImage === undefined || hasAttributes(record.dynamodb?.NewImage, dynamodb.NewImage)),
  );
}

const hasAttributes = (image: Image, wanted: NonNullable<StreamFilter['dynamodb']['NewImage']>): boolean =>
  matches(image?.status?.S ?? '', wanted.status.S) && image?.newsVersion?.N !== undefined;

const matches = (text: string, pattern: StreamPattern): boolean =>
  pattern.some((part) => (typeof part === 'string' ? text === part : text.startsWith(part.prefix)));

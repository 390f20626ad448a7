import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall, type NativeAttributeValue } from '@aws-sdk/util-dynamodb';

type Attributes = Record<string, AttributeValue>;

/** Where a request has attributes. */
const FIELDS = ['Key', 'Item', 'ExclusiveStartKey', 'ExpressionAttributeValues'] as const;
type Field = (typeof FIELDS)[number];

/** A request, or a part of one, with values of JavaScript's in place of attributes. */
export type Native<Request> = {
  [Name in keyof Request]: Name extends Field
    ? Record<string, NativeAttributeValue> | Extract<Request[Name], undefined>
    : Request[Name];
};

/** As DynamoDB takes it. What is undefined is left out. */
export function inAttributes<Request extends object>(request: Native<Request>): Request {
  const converted: Record<string, unknown> = { ...request };
  for (const field of FIELDS) {
    if (converted[field] !== undefined) converted[field] = toAttributes(converted[field] as object);
  }
  return converted as Request;
}

export const toAttributes = (values: object): Attributes =>
  marshall(values as Record<string, NativeAttributeValue>, { removeUndefinedValues: true });

/**
 * Every number is one of JavaScript's, without digits that it has no room for. The SDK would throw for some that
 * DynamoDB takes, and with that for all items read with them, and give others as `bigint`, which JSON has no form of.
 */
export const toValues = <T>(attributes: Attributes | undefined): T | undefined =>
  attributes && (unmarshall(attributes, { wrapNumbers: Number }) as T);

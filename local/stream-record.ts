import type { AttributeValue, _Record } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';

type Image = Record<string, AttributeValue>;

/** A record as Lambda passes it on. DynamoDB Local's stream says `{}` for an empty map, where the service says `{ M: {} }`. */
export function lambdaRecord({ dynamodb, ...record }: _Record): DynamoDBRecord {
  const { NewImage, OldImage, ApproximateCreationDateTime: changedAt, ...change } = dynamodb ?? {};
  return {
    ...record,
    dynamodb: {
      ...change,
      ...(changedAt && { ApproximateCreationDateTime: changedAt.getTime() / 1000 }),
      ...(NewImage && { NewImage: withEmptyMaps(NewImage) }),
      ...(OldImage && { OldImage: withEmptyMaps(OldImage) }),
    },
  } as unknown as DynamoDBRecord;
}

const withEmptyMaps = (image: Image): Image =>
  Object.fromEntries(Object.entries(image).map(([name, value]) => [name, withEmptyMap(value)]));

function withEmptyMap(value: AttributeValue): AttributeValue {
  if (value.M) return { M: withEmptyMaps(value.M) };
  if (value.L) return { L: value.L.map(withEmptyMap) };
  return Object.keys(value).length === 0 ? { M: {} } : value;
}

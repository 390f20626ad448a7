import type { Key } from './keys.ts';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** A record of the table's stream, as Lambda and DynamoDB Streams deliver it. */
export interface StreamRecord {
  eventName?: string | undefined;
  dynamodb?:
    | {
        /** Seconds since the epoch. */
        ApproximateCreationDateTime?: number | undefined;
        OldImage?: Image;
        NewImage?: Image;
      }
    | undefined;
}

type Image = Record<string, object> | undefined;

export const itemIn = (image: Image): Key | undefined =>
  image && (unmarshall(image as Parameters<typeof unmarshall>[0]) as Key);

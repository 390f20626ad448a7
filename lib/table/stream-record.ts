import { toValues } from './attribute-values.ts';
import type { Key } from './keys.ts';

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

export const itemIn = (image: Image): Key | undefined => toValues<Key>(image as Parameters<typeof toValues>[0]);

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { interpose } from './interpose.ts';

/** One item on each page of a query or a scan, whatever was asked for: there is always a next one, and some are empty. */
export function oneAPage(client: DynamoDBClient): () => void {
  return interpose(
    client,
    (next, { commandName }) =>
      (args) =>
        next(
          commandName === 'QueryCommand' || commandName === 'ScanCommand'
            ? { ...args, input: { ...args.input, Limit: 1 } }
            : args,
        ),
    { step: 'initialize', name: 'one-a-page' },
  );
}

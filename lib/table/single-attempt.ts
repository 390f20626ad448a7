import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';

/** Takes the place of the SDK's retries, by their name. */
const INSTEAD_OF_RETRIES = {
  name: 'retryMiddleware',
  step: 'finalizeRequest',
  priority: 'high',
  override: true,
} as const;

/**
 * A transaction that the SDK sends once. Of several attempts it would throw the last error only, and an earlier one without
 * an answer may have been carried out: `withRetries` repeats, and knows of each.
 */
export class TransactWriteOnceCommand extends TransactWriteItemsCommand {
  constructor(...input: ConstructorParameters<typeof TransactWriteItemsCommand>) {
    super(...input);
    this.middlewareStack.add((next) => (args) => next(args), INSTEAD_OF_RETRIES);
  }
}

import { StartError } from '../start-error.ts';

const NEEDED =
  'DynamoDB Local needs Java 17 or later. Install it (Debian, Ubuntu: sudo apt-get install openjdk-17-jre-headless; ' +
  'macOS: brew install openjdk@17), or set DYNAMODB_ENDPOINT to a DynamoDB that is running.';

/** There is no Java that runs DynamoDB Local. */
export class JavaNeeded extends StartError {
  private readonly reason: string;

  constructor(reason: string, failure?: string) {
    super(`${NEEDED} (${reason}${failure === undefined ? '' : `, and none could be fetched: ${failure}`}.)`);
    this.reason = reason;
  }

  /** The same where fetching one has failed too. */
  afterFetch(failure: unknown): JavaNeeded {
    const { message, cause } = failure as Error;
    const because = cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
    return new JavaNeeded(this.reason, because.replaceAll(/\s+/g, ' '));
  }
}

import { randomUUID } from 'node:crypto';

/**
 * DynamoDB Local in memory has a database for each region, and a transaction takes the longer the more the streams of
 * other tables in its database hold: 1.5 ms in the first, 50 ms after 5,000 transactions.
 */
export const newDatabase = () => ({ AWS_REGION: `test-${randomUUID()}` });

/** The one of a test file, whose tables are few. */
export const OWN_DATABASE = newDatabase();

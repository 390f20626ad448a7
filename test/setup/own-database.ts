import { randomUUID } from 'node:crypto';

/**
 * The database of one test file. DynamoDB Local in memory has one for each region, and a transaction takes the longer
 * the more the streams of other tables in its database hold: 1.5 ms in the first, 50 ms after 5,000 transactions.
 */
export const OWN_DATABASE = { AWS_REGION: `test-${randomUUID()}` };

/**
 * The table as data: one partition and sort key, a TTL attribute and two KEYS_ONLY indexes.
 * - `due`: sessions by the time at which a sweep may end them; those that are ending come first.
 * - `org`: the sessions of an organisation, oldest first.
 */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  indexes: {
    due: { name: 'due', partitionKey: 'dueShard', sortKey: 'due' },
    org: { name: 'org', partitionKey: 'orgId', sortKey: 'id' },
  },
} as const;

/** Text that is equal to one of these, or begins with one. */
export type StreamPattern = readonly (string | { readonly prefix: string })[];

/** The changes of the table that `session-events` receives, as Lambda's event filters (at most 5): never touches. */
export interface StreamFilter {
  readonly eventName: readonly ('INSERT' | 'MODIFY' | 'REMOVE')[];
  readonly dynamodb: {
    readonly Keys: { readonly sk: { readonly S: StreamPattern } };
    readonly NewImage?: {
      readonly status: { readonly S: StreamPattern };
      readonly newsVersion: { readonly N: readonly [{ readonly exists: true }] };
    };
  };
}

export const SESSION = 'SESSION';
export const MCP_PREFIX = 'MCP#';
export const TERMINATION_PREFIX = 'FAREWELL#';

export const STREAM_FILTERS: readonly StreamFilter[] = [
  { eventName: ['INSERT', 'REMOVE'], dynamodb: { Keys: { sk: { S: [SESSION] } } } },
  {
    eventName: ['MODIFY'],
    dynamodb: {
      Keys: { sk: { S: [SESSION] } },
      NewImage: { status: { S: ['active'] }, newsVersion: { N: [{ exists: true }] } },
    },
  },
  { eventName: ['REMOVE'], dynamodb: { Keys: { sk: { S: [{ prefix: MCP_PREFIX }] } } } },
  { eventName: ['MODIFY'], dynamodb: { Keys: { sk: { S: [{ prefix: TERMINATION_PREFIX }] } } } },
];

/** All pending terminations of MCP sessions: `session-events` may write these and nothing else. */
export const TERMINATIONS = 'FAREWELLS';

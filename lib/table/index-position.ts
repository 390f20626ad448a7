/** The position of a scan through all sessions: after this key of the index `due`, or at the beginning of a shard. */
export interface IndexPosition {
  shard: number;
  key?: Record<string, string>;
}

/** A change of the code that breaks an invariant, and the test that is to notice. */
export interface Mutation {
  invariant: string;
  what: string;
  file: string;
  search: string;
  replace: string;
  test: { file: string; name: string };
}

const WHERE_ALL_IS_WELL = { file: 'test/invariants/invariants.test.ts', name: 'finds nothing where all is well' };

export const MUTATIONS: readonly Mutation[] = [
  {
    invariant: 'I1',
    what: 'a create takes a seat where none is free',
    file: 'lib/limits/seat-writes.ts',
    search: "'active < seats'",
    replace: "'active <= seats'",
    test: { file: 'test/manager-model/manager-model.test.ts', name: 'a limit over four items' },
  },
  {
    invariant: 'I1',
    what: 'a repair takes off at item 0 what another item has too much',
    file: 'lib/limits/seat-correction-store.ts',
    search: 'isSpread ? changesOver(layout, by) : [by]',
    replace: 'isSpread && by > 0 ? changesOver(layout, by) : [by]',
    test: {
      file: 'test/reconcile/counter-drift.test.ts',
      name: 'puts right seats over several items that are off by 5',
    },
  },
  {
    invariant: 'I1',
    what: 'a create is refused by one full item of several',
    file: 'lib/sessions/create-attempts.ts',
    search: 'if (!this.transaction.tookFromOnlyItem(of, found)) return undefined;',
    replace: '',
    test: { file: 'test/limits/limits-in-table.test.ts', name: 'are as many as the limit, to the last one' },
  },
  {
    invariant: 'I2',
    what: 'an end gives no seat back',
    file: 'lib/limits/seat-writes.ts',
    search: "{ ':minusOne': -1 }",
    replace: "{ ':minusOne': 0 }",
    test: WHERE_ALL_IS_WELL,
  },
  {
    invariant: 'I3',
    what: 'an end leaves the directory where it is',
    file: 'lib/workspaces/workspaces.ts',
    search: '[place, this.paths.pendingOf(session.id), place]',
    replace: '[this.paths.pendingOf(session.id)]',
    test: WHERE_ALL_IS_WELL,
  },
  {
    invariant: 'I4',
    what: 'a sweep takes no account of activity that was not written',
    file: 'lib/sessions/session-store.ts',
    search: 'Date.parse(session.lastActiveAt) + this.touchIntervalMs',
    replace: 'Date.parse(session.lastActiveAt)',
    test: { file: 'test/manager-model/manager-model.test.ts', name: 'activity within the touch interval' },
  },
  {
    invariant: 'I4',
    what: 'a sweep ends a session that was active after it was looked at',
    file: 'lib/sessions/session-writes.ts',
    search: "'lastActiveAt = :seen'",
    replace: "'lastActiveAt >= :seen'",
    test: {
      file: 'test/sessions/sweep.test.ts',
      name: 'is touched between its read and its write, by its own setting',
    },
  },
  {
    invariant: 'I4',
    what: 'an earlier touch takes the place of a later one',
    file: 'lib/sessions/session-writes.ts',
    search: '`${IS_ACTIVE} AND ${ACTIVE_EARLIER}`',
    replace: 'IS_ACTIVE',
    test: { file: 'test/sessions/activity.test.ts', name: 'that is written late' },
  },
  {
    invariant: 'I5',
    what: 'keys that a batch did not process are forgotten',
    file: 'lib/table/dynamo-table.ts',
    search: 'wanted = [...unprocessed, ...wanted.slice(BATCH)];',
    replace: 'wanted = wanted.slice(BATCH);',
    test: { file: 'test/table/batch-read.test.ts', name: 'asks again for keys that were not processed' },
  },
  {
    invariant: 'I5',
    what: 'a pager reads the first page only',
    file: 'lib/table/dynamo-table.ts',
    search: 'cursor = page.cursor;',
    replace: 'cursor = undefined;',
    test: { file: 'test/table/pages.test.ts', name: 'a sweep of an organisation ends all' },
  },
  {
    invariant: 'I4',
    what: 'a create whose limit is full ends sessions that have not expired',
    file: 'lib/sessions/due-sessions.ts',
    search: '.filter((session) => this.store.isDue(session, now))',
    replace: '',
    test: { file: 'test/manager-model/manager-model.test.ts', name: 'one operation after the other' },
  },
  {
    invariant: 'I5',
    what: 'a create is taken back though its repetition was answered',
    file: 'lib/sessions/session-writes.ts',
    search: "'attribute_not_exists(repeated)'",
    replace: "'attribute_exists(pk)'",
    test: { file: 'test/faults/create-faults.test.ts', name: 'is not taken back once its repetition was answered' },
  },
  {
    invariant: 'I6',
    what: 'whoever is no admin sees every session',
    file: 'lib/identity.ts',
    search: 'return isOwner(caller, session);',
    replace: 'return true;',
    test: { file: 'test/manager-model/manager-model.test.ts', name: 'one operation after the other' },
  },
  {
    invariant: 'I7',
    what: 'credentials reach the table unsealed',
    file: 'lib/mcp-clients/credentials/credential-vault.ts',
    search: 'await this.box.seal(JSON.stringify(credentials), owner)',
    replace: 'JSON.stringify(credentials)',
    test: { file: 'test/telemetry/audit/mcp-secrets.test.ts', name: 'tokens and headers are told nowhere' },
  },
];

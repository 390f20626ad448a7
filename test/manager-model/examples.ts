import type { Operation } from './operations.ts';

const create = { kind: 'create', at: 0, who: 0, key: undefined, idle: undefined } as const;
const global = { scope: 'global', who: 0 } as const;
const first = { of: 0, by: 0 } as const;

/** Sequences that are run every time: what a run found, shrunk, and where the contract is easily got wrong. */
export const EXAMPLES: [string, Operation[]][] = [
  [
    'a key whose session has ended creates no second one for 24 hours, by whichever instance',
    [
      { ...create, key: 0 },
      { kind: 'end', at: 1, ...first },
      { ...create, at: 1, key: 0 },
      { kind: 'wait', at: 0, seconds: 86_399 },
      { ...create, key: 0 },
      { kind: 'wait', at: 0, seconds: 1 },
      { ...create, at: 1, key: 0 },
    ],
  ],
  [
    'a limit over four items that is lowered below what is taken lets nobody in before enough have ended',
    [
      { kind: 'putLimit', at: 0, ...global, limit: 5, items: 4 },
      create,
      { ...create, at: 1, who: 1 },
      { ...create, who: 2 },
      { kind: 'putLimit', at: 1, ...global, limit: 1, items: undefined },
      { kind: 'end', at: 0, ...first },
      create,
      { kind: 'end', at: 0, of: 1, by: 0 },
      { ...create, at: 1 },
      { kind: 'end', at: 0, of: 2, by: 0 },
      create,
      { ...create, at: 1 },
      { kind: 'deleteLimit', at: 1, ...global },
      create,
    ],
  ],
  [
    'activity within the touch interval, which is not written, still keeps the sweep away',
    [
      { ...create, idle: 60 },
      { kind: 'wait', at: 0, seconds: 59 },
      { kind: 'heartbeat', at: 1, ...first },
      { kind: 'wait', at: 0, seconds: 60 },
      { kind: 'sweep', at: 0, idle: undefined, admin: true },
      { kind: 'sweep', at: 1, idle: 60, admin: false },
      { kind: 'wait', at: 0, seconds: 2 },
      { kind: 'sweep', at: 0, idle: undefined, admin: true },
      { kind: 'get', at: 1, ...first },
    ],
  ],
];

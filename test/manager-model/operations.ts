import fc from 'fast-check';
import type { Caller, Identity } from '../../lib/identity.ts';

/** Who has sessions: two users of one organisation, and one of them in another. */
export const OWNERS: readonly Identity[] = [
  { userId: 'ada', orgId: 'acme' },
  { userId: 'bob', orgId: 'acme' },
  { userId: 'ada', orgId: 'other' },
];

/** Who asks: code that embeds the manager, each owner, an admin of the first organisation, an operator. */
export const CALLERS: readonly Caller[] = [
  { kind: 'application' },
  ...OWNERS.map((owner) => ({ kind: 'user', ...owner }) as const),
  { kind: 'admin', userId: 'root', orgId: 'acme' },
  { kind: 'operator' },
];

type Scope = 'global' | 'org' | 'user';
/** `of` counts the sessions that were ever told of; `who` and `by` the owners and callers; `at` the instances. */
type OfSession = { of: number; by: number };
type OfLimit = { scope: Scope; who: number };
type OfLayer = OfLimit & { id: string };

/** One call, as it is generated. Times in seconds. */
export type Operation = { at: number } & (
  | { kind: 'create'; who: number; key: number | undefined; idle: number | undefined }
  | ({ kind: 'get' | 'heartbeat' | 'end' | 'readPrompt' | 'listMcp' } & OfSession)
  | ({ kind: 'writePrompt'; text: string } & OfSession)
  /** `name` alone, where it is merged; all of it otherwise. */
  | ({ kind: 'setMetadata'; name: string; text: string; version: number | undefined } & OfSession)
  | ({ kind: 'mergeMetadata'; name: string; text: string | null; version: number | undefined } & OfSession)
  | ({ kind: 'addMcp' | 'removeMcp' | 'callTool'; id: string } & OfSession)
  | ({ kind: 'writeFile'; path: string; text: string } & OfSession)
  | ({ kind: 'readFile' | 'deleteFile'; path: string } & OfSession)
  | ({ kind: 'moveFile' | 'copyFile'; path: string; to: string; overwrite: boolean } & OfSession)
  | { kind: 'list' | 'listOrg' | 'usage'; who: number }
  | { kind: 'sweep'; idle: number | undefined; admin: boolean }
  | ({ kind: 'putLimit'; limit: number | null; items: number | undefined } & OfLimit)
  | ({ kind: 'getLimit' | 'deleteLimit' } & OfLimit)
  | ({ kind: 'putLayer'; text: string; priority: number; seen: Seen } & OfLayer)
  | ({ kind: 'deleteLayer'; seen: Seen } & OfLayer)
  | { kind: 'wait'; seconds: number }
);

/** Which version of a layer a writer says it has seen. */
export type Seen = 'current' | 'none' | 'another';

const at = fc.nat(1);
const who = fc.nat(OWNERS.length - 1);
const ofSession = {
  at,
  of: fc.nat(3),
  by: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(CALLERS.length - 1)),
};
const text = fc.constantFrom('', 'one', 'two', 'drei Zeichen: ü€😀');
const name = fc.constantFrom('note', 'task', 'constructor');
const version = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const path = fc.constantFrom('a.txt', 'd/b.txt', '../out.txt');
const clientId = fc.constantFrom('x', 'y', 'z');
const scope = fc.constantFrom<Scope>('global', 'org', 'user');
const seen = fc.constantFrom<Seen>('current', 'current', 'none', 'another');
const ofLayer = { at, scope, who, id: fc.constantFrom('p', 'q') };
const orNone = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const byKind = {
  create: fc.record({
    kind: fc.constant('create' as const),
    at,
    who,
    key: orNone(fc.nat(1)),
    idle: orNone(fc.constantFrom(60, 600)),
  }),
  look: fc.record({ kind: fc.constantFrom('get' as const, 'heartbeat', 'readPrompt', 'listMcp'), ...ofSession }),
  end: fc.record({ kind: fc.constant('end' as const), ...ofSession }),
  text: fc.oneof(
    fc.record({ kind: fc.constant('writePrompt' as const), text, ...ofSession }),
    fc.record({ kind: fc.constant('setMetadata' as const), name, text, version, ...ofSession }),
    fc.record({ kind: fc.constant('mergeMetadata' as const), name, text: fc.option(text), version, ...ofSession }),
  ),
  mcp: fc.record({
    kind: fc.constantFrom('addMcp' as const, 'addMcp', 'removeMcp', 'callTool'),
    id: clientId,
    ...ofSession,
  }),
  writeFile: fc.record({ kind: fc.constant('writeFile' as const), path, text, ...ofSession }),
  file: fc.record({ kind: fc.constantFrom('readFile' as const, 'deleteFile'), path, ...ofSession }),
  transfer: fc.record({
    kind: fc.constantFrom('moveFile' as const, 'copyFile'),
    path,
    to: path,
    overwrite: fc.boolean(),
    ...ofSession,
  }),
  count: fc.record({ kind: fc.constantFrom('list' as const, 'listOrg', 'usage'), at, who }),
  usage: fc.record({ kind: fc.constant('usage' as const), at, who }),
  sweep: fc.record({
    kind: fc.constant('sweep' as const),
    at,
    idle: orNone(fc.constantFrom(0, 60, 600)),
    admin: fc.boolean(),
  }),
  putLimit: fc.record({
    kind: fc.constant('putLimit' as const),
    at,
    scope,
    who,
    limit: fc.constantFrom(null, 0, 1, 2, 3, 5),
    items: orNone(fc.integer({ min: 1, max: 4 })),
  }),
  limit: fc.record({ kind: fc.constantFrom('getLimit' as const, 'deleteLimit'), at, scope, who }),
  putLayer: fc.record({
    kind: fc.constant('putLayer' as const),
    text: fc.constantFrom('be brief', 'be kind'),
    priority: fc.nat(2),
    seen,
    ...ofLayer,
  }),
  deleteLayer: fc.record({ kind: fc.constant('deleteLayer' as const), seen, ...ofLayer }),
  wait: fc.record({
    kind: fc.constant('wait' as const),
    at,
    seconds: fc.constantFrom(1, 59, 60, 61, 120, 700, 3_600, 86_399, 86_400, 90_000),
  }),
} satisfies Record<string, fc.Arbitrary<Operation>>;

type Weights = Partial<Record<keyof typeof byKind, number>>;

function operations(weights: Weights): fc.Arbitrary<Operation> {
  const weighted = Object.entries(weights).map(([kind, weight]) => {
    return { weight, arbitrary: byKind[kind as keyof typeof byKind] as fc.Arbitrary<Operation> };
  });
  return fc.oneof(...weighted);
}

/** One after the other, anything may come. */
export const anyOperation = operations({
  create: 8,
  look: 4,
  end: 3,
  text: 4,
  mcp: 3,
  writeFile: 2,
  file: 2,
  transfer: 2,
  count: 3,
  sweep: 2,
  putLimit: 3,
  limit: 1,
  putLayer: 2,
  deleteLayer: 1,
  wait: 3,
});

/** What reads and moves in indexes. */
export const operationOfIndexes = operations({ create: 8, look: 6, end: 2, count: 6, sweep: 6, putLimit: 1, wait: 6 });

/**
 * What is asked at once. A list is no look at one moment, a prompt is made of layers before its session is, and for a moment
 * a file that is moved has both of its names.
 */
export const operationAmongOthers = operations({
  create: 8,
  look: 3,
  end: 5,
  text: 4,
  mcp: 2,
  writeFile: 2,
  file: 2,
  usage: 1,
  sweep: 3,
});

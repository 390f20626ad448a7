import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MAX_ID_BYTES, checkUserId } from '../../lib/identity.ts';
import { WorkspacePaths, userDirectory, workspaceOf } from '../../lib/workspaces/workspace-paths.ts';

const LONG = 'x'.repeat(MAX_ID_BYTES);

/** Ids that have something against each other, or against the file system. */
const AWKWARD = [
  '..',
  '../../etc',
  '../..',
  'a/b',
  'a%2Fb',
  'a%252Fb',
  'a%2fb',
  'a\\b',
  '.',
  '...',
  '.pending',
  '.trash',
  '%2Epending',
  'a#b',
  'a%23b',
  '%2e%2e',
  '%2E%2E',
  '%252e%252e',
  '/',
  '/etc/passwd',
  '~',
  '~root',
  ' ',
  ' a',
  'a ',
  'a.',
  'a..',
  '-rf',
  '*',
  '😀',
  'é',
  'e\u0301',
  '\ufffd',
  'auth0|x',
  'auth0%7Cx',
  'alice@example.org',
  'alice',
  'Alice',
  'ALICE',
  'con',
  LONG,
  LONG.toUpperCase(),
  `${LONG.slice(1)}y`,
  `y${LONG.slice(1)}`,
  '😀'.repeat(32),
  `${'😀'.repeat(31)}😁`,
  '/'.repeat(128),
  '.'.repeat(128),
  'x'.repeat(47),
  'x'.repeat(48),
  'x'.repeat(49),
  '.'.repeat(15),
  '.'.repeat(16),
  '.'.repeat(17),
];
/** The same, and what they become, taken as ids themselves. */
const ALL = [...new Set([...AWKWARD, ...AWKWARD.map(userDirectory), ...AWKWARD.map(encodeURIComponent)])].filter(
  (id) => Buffer.byteLength(id, 'utf8') <= MAX_ID_BYTES,
);

function expectSafe(id: string): void {
  const name = userDirectory(id);
  // One assertion on the whole, since this runs thousands of times.
  const problems = [
    name.length === 0 && 'empty',
    name.length > 48 && 'longer than 48 characters',
    Buffer.byteLength(name) !== name.length && 'not ASCII',
    name.startsWith('.') && 'hidden',
    path.basename(name) !== name && 'more than one component',
    path.normalize(`/root/${name}`) !== `/root/${name}` && 'changed by normalization',
    !/^[A-Za-z0-9_@%~-]+$/.test(name) && 'unusual characters',
  ].filter(Boolean);
  expect({ id, name, problems }).toEqual({ id, name, problems: [] });
}

describe('the directory of a user', () => {
  test('is one safe component of at most 48 characters for every id that is allowed', () => {
    for (const id of ALL) {
      expect(checkUserId(id)).toBe(id);
      expectSafe(id);
    }
  });

  test('is another one for each id, also for ids that are encoded forms of others', () => {
    expect(new Set(ALL.map(userDirectory)).size).toBe(ALL.length);
  });

  test('tells ids apart that differ only in case', () => {
    expect(userDirectory('Alice')).not.toBe(userDirectory('alice'));
    expect(userDirectory(LONG)).not.toBe(userDirectory(LONG.toUpperCase()));
  });

  test('tells long ids with the same beginning apart, and keeps their beginning readable', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `${LONG.slice(4)}${String(index).padStart(4, '0')}`);
    const names = ids.map(userDirectory);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^x{15}~[0-9a-f]{32}$/);
  });

  test('is readable where the id is simple', () => {
    expect(userDirectory('alice_1-A@x')).toBe('alice_1-A@x');
    expect(userDirectory('a/b')).toBe('a%2Fb');
    expect(userDirectory('..')).toBe('%2E%2E');
  });

  test('is injective and safe for thousands of generated ids', () => {
    const random = generator(20_261_122);
    const ids = new Set(Array.from({ length: 5_000 }, () => generateId(random)));
    expect(ids.size).toBeGreaterThan(3_000);
    for (const id of ids) expectSafe(id);
    expect(new Set([...ids].map(userDirectory)).size).toBe(ids.size);
  });
});

describe('the place of a workspace', () => {
  const SESSION = '01a2045b-8d44-72e6-97c0-cb9917303a81';

  test('is two levels below the root', () => {
    for (const id of AWKWARD) {
      const place = new WorkspacePaths('/mnt/workspaces').placeOf({ userId: id, id: SESSION });
      expect(path.relative('/mnt/workspaces', place).split('/')).toEqual([userDirectory(id), SESSION]);
    }
  });

  test('fits into the 100 characters that an access point allows', () => {
    for (const id of AWKWARD) expect(`/workspaces/${workspaceOf(id, SESSION)}`.length).toBeLessThanOrEqual(100);
  });

  test('is never that of what is aside or in the trash', () => {
    const paths = new WorkspacePaths('/mnt/workspaces');
    for (const id of AWKWARD) {
      const directory = path.dirname(paths.placeOf({ userId: id, id: SESSION }));
      expect([paths.root, paths.pending, paths.trash]).not.toContain(directory);
    }
  });
});

/** Park and Miller: the same numbers with every run. */
function generator(seed: number): (below: number) => number {
  let state = seed % 2_147_483_647;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

/** Few characters and many lengths, so that near misses and encoded forms of others are frequent. */
function generateId(random: (below: number) => number): string {
  const pieces = ['a', 'A', '.', '/', '%', '2', 'F', 'f', 'E', '~', '#', '|', '_', '-', '%2F', '%7E', 'é', '😀', ' '];
  const wanted = random(4) === 0 ? 30 + random(99) : 1 + random(8);
  let id = '';
  while (id.length < wanted) {
    const piece = pieces[random(pieces.length)] as string;
    if (Buffer.byteLength(id + piece, 'utf8') > MAX_ID_BYTES) break;
    id += piece;
  }
  return id;
}

import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOMS } from '../structure/rooms.ts';
import { codeIn, PROJECT, readDocument } from './markdown.ts';

const MOST_LINES = 40;
const MOST_LINES_OF_LIB = 60;
const MOST_CHARACTERS = 130;
/** The README of `lib/operations` says what the first four have, that of `lib/cli` what the last one has. */
const FAMILIES = ['*-operations.ts', '*-routes.ts', '*-audit.ts', '*-docs.ts', '*-commands.ts'];
const OUTSIDE_OF_LIB = ['functions', 'local', 'cdk', 'test'];

const inLib = readdirSync(path.join(PROJECT, 'lib'), { recursive: true, encoding: 'utf8' }).map((name) =>
  `lib/${name}`.replaceAll(path.sep, '/'),
);
const isFolder = (name: string) => statSync(path.join(PROJECT, name)).isDirectory();
const readmeOf = (room: string) => `${room}/README.md`;
const roomsInOrder = ROOMS.filter((room) => room.startsWith('lib/') && isFolder(room));
/** The modules, and folders in them that have a README of their own. */
const rooms = [
  ...new Set([...roomsInOrder, ...inLib.filter((name) => existsSync(path.join(PROJECT, readmeOf(name))))]),
];

/** The files of a room by their paths in it. Folders with a README of their own have their own. */
function filesOf(room: string): string[] {
  const inner = rooms.filter((other) => other.startsWith(`${room}/`));
  return inLib
    .filter((name) => name.startsWith(`${room}/`) && !isFolder(name) && name !== readmeOf(room))
    .filter((name) => !inner.some((other) => name.startsWith(`${other}/`)))
    .map((name) => name.slice(room.length + 1));
}

const isOfFamily = (file: string, family: string) => file.endsWith(family.slice(1));

/** The files that a README passes over: it names a file alone or with its folder, a page by a link. */
function unnamed(text: string, files: readonly string[]): string[] {
  const named = codeIn(text);
  const families = FAMILIES.filter((family) => named.includes(family));
  return files.filter((file) => {
    if (file.endsWith('.md')) return !text.includes(`](${file})`);
    const isNamed = named.includes(file) || named.includes(path.posix.basename(file));
    return !isNamed && !families.some((family) => isOfFamily(file, family));
  });
}

/** The files that a README names and that the room does not have. */
function missing(text: string, files: readonly string[]): string[] {
  const names = new Set(files.flatMap((file) => [file, path.posix.basename(file)]));
  const named = codeIn(text).filter((code) => /^[\w.-]+(\/[\w.-]+)*\.ts$/.test(code));
  return named.filter((name) => !/^(lib|local|functions|cdk|test)\//.test(name) && !names.has(name));
}

/** What a README of a room lacks. */
function faultsOf(text: string, mostLines: number): string[] {
  const lines = text.trimEnd().split('\n');
  const rules: Record<string, boolean> = {
    'does not begin with what the room is': /^# .+\n\n[A-Z`].*[\s\S]*?\.\n\n/.test(text),
    'does not list its files in the order in which to read them': /\nRead in this order:\n\n1\. `/.test(text),
    'does not say what may be changed freely': text.includes('\n- **May be changed freely**'),
    'does not say what must not be done or changed': text.includes('\n- **Must not'),
    'does not list its packages': text.includes('\n- **Packages**'),
    'says what it may import, which the order of modules says': !text.includes('May import'),
    [`has more than ${mostLines} lines`]: lines.length <= mostLines,
    [`has a line of more than ${MOST_CHARACTERS} characters`]: lines.every((line) => line.length <= MOST_CHARACTERS),
  };
  return Object.entries(rules).flatMap(([fault, isKept]) => (isKept ? [] : [fault]));
}

describe.each(rooms)('the README of %s', (room) => {
  test('says on a page what the room is, in which order to read it, what may be changed and what must not', () => {
    expect(faultsOf(readDocument(readmeOf(room)), MOST_LINES)).toEqual([]);
  });

  test('names every file of the room and no other', () => {
    const text = readDocument(readmeOf(room));
    expect(unnamed(text, filesOf(room))).toEqual([]);
    expect(missing(text, filesOf(room))).toEqual([]);
  });
});

describe('the README of lib', () => {
  const text = readDocument(readmeOf('lib'));

  test('is a page', () => {
    const faults = faultsOf(text, MOST_LINES_OF_LIB);
    expect(faults).toEqual(['does not list its packages']);
  });

  test('lists the modules in their order, and names every file outside of them', () => {
    const listed = [...text.matchAll(/^\| \[(.+)\]\(\1\/README\.md\)/gm)].map(([, name = '']) => `lib/${name}`);
    expect(listed).toEqual(roomsInOrder);
    const files = inLib.filter((name) => path.posix.dirname(name) === 'lib' && !isFolder(name));
    const own = files.map((name) => path.posix.basename(name)).filter((name) => name !== 'README.md');
    expect(unnamed(text, own)).toEqual([]);
    expect(
      missing(
        text,
        inLib.map((name) => name.slice('lib/'.length)),
      ),
    ).toEqual([]);
  });
});

test.each(OUTSIDE_OF_LIB)('the README of %s says what it may import, what may be changed and what must not', (room) => {
  const text = readDocument(readmeOf(room));
  for (const what of ['May import', 'May be changed freely', 'Must not'])
    expect(text.includes(`\n- **${what}`) ? room : `${room} does not say: ${what}`).toBe(room);
});

describe('a README that drifts would be found out', () => {
  const files = ['seats.ts', 'files/lock.ts', 'limit-docs.ts', 'page.md'];

  test('a file that it does not name, or that is gone', () => {
    expect(unnamed('`seats.ts`, `*-docs.ts`', files)).toEqual(['files/lock.ts', 'page.md']);
    expect(unnamed('`seats.ts`, `lock.ts`, `limit-docs.ts`, [a page](page.md)', files)).toEqual([]);
    expect(missing('`seats.ts`, `files/seats.ts`, `gone.ts`, `lib/errors.ts`', files)).toEqual([
      'files/seats.ts',
      'gone.ts',
    ]);
  });

  test('a part that is missing, a line or a page that is too long', () => {
    const whole =
      '# Seats\n\nSeats of sessions.\n\nRead in this order:\n\n1. `seats.ts`\n\n- **May be changed freely**: x\n';
    const rest = '- **Must not**: y\n- **Packages**: none.\n';
    expect(faultsOf(whole + rest, MOST_LINES)).toEqual([]);
    expect(faultsOf(whole, MOST_LINES)).toHaveLength(2);
    expect(faultsOf(`${whole}${rest}${'x'.repeat(131)}\n`, MOST_LINES)).toHaveLength(1);
    expect(faultsOf(`${whole}${rest}- **May import**: z\n`, 11)).toHaveLength(2);
  });
});

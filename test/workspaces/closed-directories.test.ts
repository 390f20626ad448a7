import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { removeForced } from '../setup/remove-forced.ts';
import * as scenarios from './closed-directories.ts';

const MODES = ['0000', '0300', '0400', '0500', '0600', '0555', '1555'];
const modeOf = (octal: string) => parseInt(octal, 8);

/** In a directory of its own, which is gone afterwards. */
async function inDirectory<Input extends unknown[], Answer>(
  scenario: (directory: string, ...input: Input) => Promise<Answer>,
  ...input: Input
): Promise<Answer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'closed-'));
  try {
    return await scenario(directory, ...input);
  } finally {
    await removeForced(directory);
  }
}

describe('to an ordinary user', () => {
  test.each(MODES)(
    'a session whose agent has closed its workspace (%s) ends: its seat was never free',
    async (octal) => {
      expect(await inDirectory(scenarios.endSession, modeOf(octal), 'requested')).toEqual({
        wasThere: false,
        seats: 0,
        next: 'done',
        trash: 0,
        uploads: 0,
      });
    },
  );

  test('one that is inactive ends all the same, and what is stray is thrown away', async () => {
    for (const end of ['inactive', 'stray'] as const) {
      expect(await inDirectory(scenarios.endSession, 0o500, end)).toMatchObject({
        wasThere: false,
        seats: 0,
        trash: 0,
      });
    }
  });

  test.each(MODES)('a directory that was closed (%s) is removed with all that is in it', async (octal) => {
    expect(await inDirectory(scenarios.removeDirectory, modeOf(octal))).toEqual({ workspace: [], trash: [] });
  });

  test('what is in a directory that its agent has closed is FILE_PERMISSION: a closed workspace was called busy for ever', async () => {
    const CLOSED = Array.from({ length: 6 }, () => 'FILE_PERMISSION');
    expect(await inDirectory(scenarios.workInClosed, 0o000)).toEqual(CLOSED);
  });

  test('a list marks what is closed: one entry that could not be looked at failed the whole list', async () => {
    expect(await inDirectory(scenarios.listClosed)).toEqual({
      root: ['closed directory 0 time unreadable', 'names-only directory 0 time', 'open directory 0 time'],
      names: ['file file 0 no time unreadable', 'sub directory 0 no time unreadable'],
      tree: [
        'closed directory 0 time unreadable',
        'names-only directory 0 time',
        'names-only/file file 0 no time unreadable',
        'names-only/sub directory 0 no time unreadable',
        'open directory 0 time',
        'open/file file 5 time',
        'open/sub directory 0 time',
      ],
    });
  });

  test.each(['0000', '0300', '0400'])(
    'what is closed (%s) is counted as unseen, and makes no room: it was measured as nothing, and complete',
    async (octal) => {
      const whole = { bytes: 900, files: 2, complete: true };
      const closed = { bytes: 900, files: 2, complete: false, unreadable: 1 };
      expect(await inDirectory(scenarios.measureClosed, modeOf(octal))).toEqual({
        before: whole,
        closed: [closed, closed],
        write: 'WORKSPACE_FULL',
        after: whole,
      });
    },
  );

  test('what an agent has closed is moved and copied as its owner may, and nothing is left of what fails', async () => {
    expect(await inDirectory(scenarios.moveClosed)).toEqual({
      codes: {
        'a closed directory to another name': 'done',
        'a closed directory to another parent': 'FILE_PERMISSION',
        'out of a closed directory': 'FILE_PERMISSION',
        'into a closed directory': 'FILE_PERMISSION',
        'a copy of a closed directory': 'done',
        'a copy of names only': 'FILE_PERMISSION',
        'a copy of a tree with a closed part': 'FILE_PERMISSION',
      },
      mode: '500',
      root: ['copy', 'names-only', 'parent', 'renamed', 'sub', 'tree'],
      left: [],
    });
  });

  test.each(MODES)(
    'a workspace is moved in and out through what is closed (%s), its user’s directory too',
    async (octal) => {
      expect(await inDirectory(scenarios.moveThroughClosed, modeOf(octal))).toEqual({
        isMovedIn: true,
        isRemoved: true,
        root: ['.pending', '.trash'],
      });
    },
  );

  test.each(['0000', '0300', '0400', '0500', '0600'])(
    'a user’s directory that was closed (%s) is opened for files as it is for an end: CONTENTION for ever',
    async (octal) => {
      const steps = ['list', 'write', 'read', 'usage', 'isThere', 'found', 'end'];
      const done = Object.fromEntries(steps.map((step) => [step, 'done']));
      expect(await inDirectory(scenarios.workBelowClosed, modeOf(octal))).toEqual({ ...done, seats: 0 });
    },
  );

  test('a link to where nobody may enter is no workspace, and ends: CONTENTION for ever', async () => {
    expect(await inDirectory(scenarios.workBehindLink)).toEqual({ opened: false, isThere: true, retired: true });
  });

  test.each(['0000', '0500'])(
    'directories of ours whose mode a crash has left at %s are worked in: creates and writes failed for ever',
    async (octal) => {
      expect(await inDirectory(scenarios.workAfterCrash, modeOf(octal))).toEqual({ uploads: [], trash: [] });
    },
  );

  test.each(MODES)('a tree of closed directories (%s) is removed', async (octal) => {
    expect(await inDirectory(scenarios.removeClosedTree, modeOf(octal))).toEqual({ isGone: true, left: [] });
  });

  test('so it is on systems that have no names for descriptors', async () => {
    expect(await inDirectory(scenarios.removeClosedTree, 0o000, 'darwin')).toEqual({ isGone: true, left: [] });
  });

  test.each([
    ['755', '755'],
    ['444', '444'],
    ['4711', '711'],
    ['1000', '400'],
    ['070', '470'],
  ])('a file with mode %s has mode %s after a write, and can be read: it had 600', async (octal, kept) => {
    expect(await inDirectory(scenarios.overwrite, modeOf(octal))).toEqual([kept, kept, 'new']);
  });

  test('a name in a directory that is closed does not count: a file that has one there is refused', async () => {
    expect(await inDirectory(scenarios.readLinked, 0o000)).toEqual([
      ...['done', 'done'],
      ...['PATH_OUTSIDE_WORKSPACE', 'PATH_OUTSIDE_WORKSPACE'],
    ]);
  });

  test('files are written and removed whatever the umask: the lock could not be read, and all was CONTENTION', async () => {
    expect(await inDirectory(scenarios.writeUnder, 0o777)).toEqual(['done', 'done', 'done']);
  });

  test.each(['000', '022', '077', '777'])('directories of ours have mode 0700 under the umask %s', async (octal) => {
    expect(await inDirectory(scenarios.modesUnder, modeOf(octal))).toEqual(Array(6).fill('700'));
  });
});

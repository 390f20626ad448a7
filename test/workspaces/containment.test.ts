import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OneWorkspace } from './one-workspace.ts';
import { SECRET, TwoWorkspaces } from './two-workspaces.ts';

/** Refused whichever operation it is, or found to be nothing; never carried out outside. */
const REFUSALS = [
  'PATH_OUTSIDE_WORKSPACE',
  'NOT_A_FILE',
  'FILE_NOT_FOUND',
  'VALIDATION',
  'DIRECTORY_NOT_EMPTY',
  'FILE_EXISTS',
];

describe('no path leads out of a workspace', () => {
  let both: TwoWorkspaces;
  let own: OneWorkspace;
  beforeEach(async () => {
    both = await TwoWorkspaces.make();
    own = both.own;
  });
  afterEach(() => both.close());

  const ENCODED_DOTS = ['%2e%2e/eve/other/secret', '..%2feve', '%2e%2e%2feve', '..%00', '．．/eve', '‥/eve', '..;/eve'];
  const UPWARDS = [
    '..',
    '../',
    './..',
    '../..',
    '../eve/other/secret',
    '../../eve/other/secret',
    '../../../../../../../../etc/passwd',
    'dir/..',
    'dir/../..',
    'dir/../../eve/other/secret',
    'dir/sub/../../../../eve/other/secret',
    'file/..',
    'file/../file',
    'none/../file',
    './/..//..//eve',
    './../eve/other/secret',
    'dir/./../../eve',
    'dir/sub/../..',
    'dir//../..',
    'file/../../eve/other/secret',
    '../.trash',
    '../../.uploads',
    '../../.pending',
    './/./../file',
    'dir/./../../x',
    '../../.trash/x',
    '../../.pending/x',
    '../../.uploads/x',
    '..//',
  ];
  const ABSOLUTE = ['/', '//', '/etc/passwd', '//etc/passwd', '/./etc', '/dir', '/file', '/proc/self/cwd', '/../x'];
  const MALFORMED = [
    'a\0b',
    '\0',
    'file\0',
    '../\0',
    'file\0/../../x',
    'x'.repeat(256),
    'é'.repeat(128),
    `dir/${'x'.repeat(256)}`,
    'a/'.repeat(2049),
    `${'x/'.repeat(129)}x`,
    'x'.repeat(5000),
    '\ud800',
    'dir/\udfff/x',
  ];

  test.each([...UPWARDS, ...ABSOLUTE])('%j is refused as outside', async (at) => {
    const before = await both.picture();
    expect(new Set(Object.values(await both.tryAll(at)))).toEqual(new Set(['PATH_OUTSIDE_WORKSPACE']));
    expect(await both.picture()).toEqual(before);
  });

  test.each(MALFORMED)('%j is refused as malformed', async (at) => {
    expect(new Set(Object.values(await both.tryAll(at)))).toEqual(new Set(['VALIDATION']));
  });

  test.each(ENCODED_DOTS)('%j is a name like any other: nothing decodes it', async (at) => {
    const before = await both.picture();
    await own.write(at, 'mine');
    expect(await readFile(own.at(at), 'utf8')).toBe('mine');
    expect(await both.picture()).toEqual(before);
  });

  /** How an agent can put something at a name of its workspace; the path to try through it. */
  const LINKS: [string, (at: string) => Promise<void>, string][] = [
    ['absolute to a file', (at) => symlink(path.join(both.outside, 'secret'), at), 'x'],
    ['absolute to a directory', (at) => symlink(both.outside, at), 'x'],
    ['a file below an absolute one', (at) => symlink(both.outside, at), 'x/secret'],
    ['a new file below an absolute one', (at) => symlink(both.outside, at), 'x/new'],
    ['a new directory below an absolute one', (at) => symlink(both.outside, at), 'x/new/er'],
    ['a directory below an absolute one', (at) => symlink(both.outside, at), 'x/inner'],
    ['with a slash at its end', (at) => symlink(`${both.outside}/`, at), 'x/secret'],
    ['relative to a file', (at) => symlink('../../eve/other/secret', at), 'x'],
    ['relative to a directory', (at) => symlink('../../eve/other', at), 'x/secret'],
    ['relative through the own workspace', (at) => symlink('dir/../../../eve/other', at), 'x/secret'],
    ['to the parent', (at) => symlink('..', at), 'x'],
    ['to the root of all workspaces', (at) => symlink('../..', at), 'x/eve/other/secret'],
    ['to the root of the machine', (at) => symlink('/', at), 'x/etc/passwd'],
    ['to itself', (at) => symlink('x', at), 'x'],
    ['to itself, below', (at) => symlink('.', at), 'x/x/x/file'],
    ['to nothing', (at) => symlink('/nowhere/at/all', at), 'x'],
    ['to nothing yet outside, to be made by a write', () => symlink(path.join(both.outside, 'made'), own.at('x')), 'x'],
    ['to the own file', (at) => symlink('file', at), 'x'],
    ['to the own directory', (at) => symlink('dir', at), 'x/file'],
    ['to /proc/self/root', (at) => symlink('/proc/self/root', at), 'x/etc/passwd'],
    ['to /proc/self/cwd', (at) => symlink('/proc/self/cwd', at), 'x/package.json'],
    ['to /proc/self/environ', (at) => symlink('/proc/self/environ', at), 'x'],
    ['to /proc/self/fd', (at) => symlink('/proc/self/fd', at), 'x/0'],
    ['to /dev/fd/0', (at) => symlink('/dev/fd/0', at), 'x'],
    ['to /dev/zero', (at) => symlink('/dev/zero', at), 'x'],
    ['a chain of three', (at) => chain(at), 'x'],
    ['a chain of three, below', (at) => chain(at), 'x/secret'],
  ];

  async function chain(at: string): Promise<void> {
    await symlink(both.outside, own.at('one'));
    await symlink('one', own.at('two'));
    await symlink('two', at);
  }

  test.each(LINKS)('a symlink %s leads nowhere', async (_what, make, at) => {
    await make(own.at('x'));
    const before = await both.picture();
    const codes = await both.tryAll(at);
    for (const [operation, code] of Object.entries(codes)) {
      // Of a link the name can be removed, which is the agent's own.
      if (operation === 'remove' && at === 'x') expect(code).toBe('done');
      else expect([operation, REFUSALS.includes(code) || codes.remove === 'done']).toEqual([operation, true]);
    }
    expect([codes.read, codes.write]).toEqual(['PATH_OUTSIDE_WORKSPACE', 'PATH_OUTSIDE_WORKSPACE']);
    expect(await both.picture()).toEqual(before);
    expect(await readFile(own.at('file'), 'utf8')).toBe('own');
    expect(await readFile(own.at('dir', 'file'), 'utf8')).toBe('own');
  });

  test('a symlink at any component of a long path leads nowhere', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const twin = path.join(both.outside, ...names);
    await mkdir(twin, { recursive: true });
    await writeFile(path.join(twin, 'secret'), SECRET);
    for (let level = 0; level < names.length; level++) {
      const [to, from] = [names.slice(0, level), names.slice(0, level + 1)];
      await mkdir(own.at('t', ...to), { recursive: true });
      await symlink(path.join(both.outside, ...from), own.at('t', ...from));
      const before = await both.picture();
      const codes = await both.tryAll(['t', ...names, 'secret'].join('/'));
      expect(new Set(Object.values(codes))).toEqual(new Set(['PATH_OUTSIDE_WORKSPACE']));
      expect(await both.picture()).toEqual(before);
      await own.remove(['t', ...from].join('/'));
    }
  });

  test('a workspace that its agent has replaced by a symlink is none', async () => {
    const place = own.at();
    await rename(place, `${place}.away`);
    await symlink(both.outside, place);
    const before = await both.picture();
    for (const code of Object.values(await both.tryAll('secret'))) expect(code).toBe('SESSION_NOT_FOUND');
    expect(await both.picture()).toEqual(before);
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { lstat, rename } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OneWorkspace } from './one-workspace.ts';
import { TwoWorkspaces } from './two-workspaces.ts';

/** Root alone can make them, and has, where it started the tests. */
const DEVICES = ['character', 'block'].map((kind) => path.join(process.env.DIRECTORY_OF_TEST_RUN as string, kind));

describe('no path leads out of a workspace', () => {
  let both: TwoWorkspaces;
  let own: OneWorkspace;
  let server: Server | undefined;
  beforeEach(async () => {
    both = await TwoWorkspaces.make();
    own = both.own;
  });
  afterEach(async () => {
    await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    await both.close();
  });

  /** As an agent could make them, as far as this user may. */
  const OTHERS: Record<string, (at: string) => Promise<void>> = {
    'a FIFO': async (at) => void execFileSync('mkfifo', [at]),
    'a socket': (at) =>
      new Promise((resolve) => {
        server = createServer().listen(at, resolve);
      }),
    ...Object.fromEntries(
      DEVICES.filter((device) => existsSync(device)).map((device) => [
        `a ${path.basename(device)} device`,
        (at: string) => rename(device, at),
      ]),
    ),
  };

  test.each(Object.entries(OTHERS))('%s is refused and not waited for', async (_what, make) => {
    const at = own.at('dir', 'thing');
    await make(at);
    const startedAt = performance.now();
    // Its name may be moved: nobody opens it for that.
    await own.move('dir/thing', 'moved');
    await own.move('moved', 'dir/thing');
    const { remove, ...codes } = await both.tryAll('dir/thing');
    expect({ ...codes, removeDirectory: '', removeTree: '' }).toEqual({
      read: 'NOT_A_FILE',
      write: 'NOT_A_FILE',
      list: 'NOT_A_FILE',
      listTree: 'NOT_A_FILE',
      make: 'NOT_A_FILE',
      copyFrom: 'NOT_A_FILE',
      copyTo: 'FILE_EXISTS',
      removeDirectory: '',
      removeTree: '',
      // It has been removed by then.
      moveFrom: 'FILE_NOT_FOUND',
      copyOver: 'done',
      moveOver: 'done',
    });
    expect(remove).toBe('done');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect((await lstat(at)).isFile()).toBe(true);
  });

  test('a FIFO below a name does not hold up whoever goes through it', async () => {
    await OTHERS['a FIFO']?.(own.at('pipe'));
    expect(await both.tryAll('pipe/below')).toMatchObject({
      read: 'NOT_A_FILE',
      write: 'NOT_A_FILE',
      list: 'NOT_A_FILE',
    });
  });
});

import { execFileSync } from 'node:child_process';
import { readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { newDirectory } from '../local/local-server.ts';
import { usersOfServer } from './command-line-user.ts';

describe('a file of a workspace', () => {
  const { somebody } = usersOfServer();

  test('is read into what is there: by a link, with the mode of a file, through a FIFO', async () => {
    const { run, json } = somebody();
    const { id } = (await json('create')).output as { id: string };
    const directory = await newDirectory();
    const [secret, link, fifo] = ['secret', 'link', 'fifo'].map((name) => path.join(directory, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(secret, 'old', { mode: 0o600 });
    await symlink(secret, link);
    execFileSync('mkfifo', [fifo]);
    await run(`files put ${id} ${secret} kept.txt`);
    await writeFile(secret, 'older');
    expect(await run(`files get ${id} kept.txt ${link}`)).toMatchObject({ code: 0 });
    expect(await readlink(link)).toBe(secret);
    expect(await readFile(secret, 'utf8')).toBe('old');
    expect((await stat(secret)).mode & 0o777).toBe(0o600);
    const [through, got] = await Promise.all([readFile(fifo, 'utf8'), run(`files get ${id} kept.txt ${fifo}`)]);
    expect({ through, code: got.code }).toEqual({ through: 'old', code: 0 });
    expect((await stat(fifo)).isFIFO()).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(['fifo', 'link', 'secret']);
  });
});

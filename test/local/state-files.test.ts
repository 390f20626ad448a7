import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lockDataDir } from '../../local/data-dir-lock.ts';
import { readIdentity } from '../../local/process-identity.ts';
import { StartError } from '../../local/start-error.ts';
import { StreamCheckpoint } from '../../local/stream-checkpoint.ts';
import { lockOf, pidFileOf } from './data-directory.ts';

const ARN = 'arn:of:a:stream';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'state-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the lock of a data directory', () => {
  test('is its owner’s, whatever its file says, until the owner releases it', async () => {
    const unlock = await lockDataDir(directory);
    for (const said of ['', 'nonsense', '{"pid":']) {
      await writeFile(lockOf(directory), said);
      await expect(lockDataDir(directory)).rejects.toThrow(`The data directory ${directory} is in use: stop it`);
    }
    await unlock();
    expect(existsSync(lockOf(directory))).toBe(false);
    await (
      await lockDataDir(directory)
    )();
  });

  test('is one’s however many try at once, and one after the other gets it', async () => {
    let holders = 0;
    let taken = 0;
    const takeOnce = async (): Promise<void> => {
      const unlock = await lockDataDir(directory).catch(() => undefined);
      if (!unlock) return takeOnce();
      expect(++holders).toBe(1);
      await sleep(2);
      taken++;
      holders--;
      await unlock();
    };
    await Promise.all(Array.from({ length: 8 }, takeOnce));
    expect(taken).toBe(8);
  });

  test('is not taken from others where its file was removed', async () => {
    const first = await lockDataDir(directory);
    await rm(lockOf(directory));
    const second = await lockDataDir(directory);
    await first();
    expect(existsSync(lockOf(directory))).toBe(true);
    await expect(lockDataDir(directory)).rejects.toThrow('is in use by process');
    await second();
  });
});

describe('a state file that is empty or cut', () => {
  const whole = JSON.stringify({ streamArn: ARN, positions: { shard: '17' } });
  const CUTS = ['', '\n', whole.slice(0, 30), whole.slice(0, -1), 'null', '[]', '7', `{"streamArn":"${ARN}"}`];

  test.each([...CUTS, `{"streamArn":"${ARN}","positions":{"shard":7}}`])(
    'lets the stream be read from its beginning: %j',
    async (content) => {
      const file = path.join(directory, 'stream-checkpoint.json');
      await writeFile(file, content);
      const checkpoint = await StreamCheckpoint.open(directory, ARN);
      expect(checkpoint.of('shard')).toBeUndefined();
      await checkpoint.advance('shard', '18');
      expect((await StreamCheckpoint.open(directory, ARN)).of('shard')).toBe('18');
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ streamArn: ARN });
    },
  );

  test('is refused in a sentence where it cannot be read', async () => {
    await mkdir(path.join(directory, 'stream-checkpoint.json'));
    await expect(StreamCheckpoint.open(directory, ARN)).rejects.toThrow(
      new StartError(
        `The file ${path.join(directory, 'stream-checkpoint.json')} cannot be read: EISDIR: illegal operation on a directory, read.`,
      ),
    );
  });

  test.each(CUTS)('names no process: %j', async (content) => {
    await writeFile(pidFileOf(directory), content);
    expect(await readIdentity(pidFileOf(directory))).toBeUndefined();
  });
});

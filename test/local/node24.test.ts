import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { putFirst } from '../../local/node24/put-first.mjs';
import { newDirectory } from './local-server.ts';

const here = () => process.execPath;
const needed = '>=22.17';

describe('the Node that scripts run on', () => {
  test.each(['20.20.2', '22.9.0', '18.0.0'])('%s is too old: another one is found first', async (own) => {
    const bin = path.join(await newDirectory(), 'node_modules/.bin');
    expect(putFirst({ own, needed, bin, other: here })).toBe(true);
    expect(putFirst({ own, needed, bin, other: here })).toBe(true);
    expect(await realpath(path.join(bin, 'node'))).toBe(await realpath(process.execPath));
    const env = { PATH: `${bin}:${process.env.PATH}` };
    const { stdout } = await promisify(execFile)('node', ['--version'], { env });
    expect(stdout.trim()).toBe(process.version);
  });

  test.each(['22.17.0', '22.17.1', '23.0.0', '24.9.0', '26.0.0'])(
    "%s will do: it is the machine's own",
    async (own) => {
      const bin = await newDirectory();
      const other = () => {
        throw new Error('asked for');
      };
      expect(putFirst({ own, needed, bin, other })).toBe(false);
      expect(await readdir(bin)).toEqual([]);
    },
  );

  test('is left as it is where there is no other', async () => {
    const bin = await newDirectory();
    const none = () => {
      throw new Error('npm has none');
    };
    expect(() => putFirst({ own: '20.20.2', needed, bin, other: none })).toThrow('npm has none');
    expect(await readdir(bin)).toEqual([]);
  });
});

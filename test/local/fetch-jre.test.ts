import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { create } from 'tar';
import { fetchJre } from '../../local/jre/fetch-jre.ts';
import { jreRelease, type JreRelease } from '../../local/jre/jre-releases.ts';
import { launch, newDirectory } from './local-server.ts';

const LONG = 60_000;
const FILE = 'jre.tar.gz';

describe('a Java runtime that is fetched', () => {
  let directory: string;
  let archive: Buffer;
  let release: JreRelease;
  let sent: Buffer | undefined;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (sent === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': sent.length }).end(sent);
  });
  let from: string;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    from = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror`;
    const made = await mkdtemp(path.join(tmpdir(), 'jre-'));
    await mkdir(path.join(made, 'jdk-21-jre', 'bin'), { recursive: true });
    await writeFile(path.join(made, 'jdk-21-jre', 'bin', 'java'), '#!/bin/sh\necho small stand-in\n', { mode: 0o755 });
    await create({ file: path.join(made, FILE), cwd: made, gzip: true }, ['jdk-21-jre']);
    archive = await readFile(path.join(made, FILE));
    await rm(made, { recursive: true });
    release = { version: '21', file: FILE, sha256: createHash('sha256').update(archive).digest('hex'), bin: 'bin' };
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'cache-'));
    sent = archive;
    asked.length = 0;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const began: string[] = [];
  const progress: number[] = [];
  const fetched = (options: { caches?: string[]; release?: JreRelease } = {}) =>
    fetchJre(options.release ?? release, {
      from,
      caches: options.caches ?? [path.join(directory, 'cache')],
      onBegin: (place) => void began.push(place),
      onProgress: (received) => void progress.push(received),
    });

  test('is verified, unpacked, kept and run, and kept once by all that need it at the same time', async () => {
    const [bin, ...others] = (await Promise.all([fetched(), fetched(), fetched()])) as [string, ...string[]];
    expect(others).toEqual([bin, bin]);
    const { stdout } = await promisify(execFile)(path.join(bin, 'java'));
    expect(stdout).toBe('small stand-in\n');
    expect(await readdir(path.join(directory, 'cache'))).toHaveLength(1);
    expect(began.at(-1)).toBe(path.dirname(bin));
    expect(progress.at(-1)).toBe(archive.length);
    asked.length = 0;
    expect(await fetched()).toBe(bin);
    expect(asked).toEqual([]);
  });

  test.each([
    ['other bytes', () => Buffer.concat([archive, Buffer.from('x')]), 'has the SHA-256'],
    ['a part of it', () => archive.subarray(0, 100), 'has the SHA-256'],
    ['nothing', () => undefined, 'answered 404'],
  ])('is not unpacked where the server has %s, and nothing of it is left', async (_, bytes, reason) => {
    sent = bytes();
    await expect(fetched()).rejects.toThrow(reason);
    expect(await readdir(path.join(directory, 'cache'))).toEqual([]);
  });

  test('is refused where there is no java in it', async () => {
    await expect(fetched({ release: { ...release, bin: 'Contents/Home/bin' } })).rejects.toThrow(
      'has no Contents/Home/bin/java',
    );
    expect(await readdir(path.join(directory, 'cache'))).toEqual([]);
  });

  test('is kept in the next directory where the first one cannot be made', async () => {
    await writeFile(path.join(directory, 'file'), '');
    const bin = await fetched({ caches: [path.join(directory, 'file', 'cache'), path.join(directory, 'data')] });
    expect(existsSync(path.join(bin, 'java'))).toBe(true);
    expect(bin.startsWith(path.join(directory, 'data'))).toBe(true);
  });

  test(
    'is not run by a start that gets other bytes, which says so in a sentence',
    async () => {
      if (!jreRelease()) return;
      const PATH = await newDirectory();
      await symlink(process.execPath, path.join(PATH, 'node'));
      const XDG_CACHE_HOME = await newDirectory();
      const program = await launch({ PATH, XDG_CACHE_HOME, JRE_DOWNLOAD_URL: from });
      expect(await program.untilExit(LONG)).toEqual({ code: 1, signal: null });
      const [said, why] = program.output().split('\n');
      expect(said).toMatch(
        /^There is no Java 17 or later: Eclipse Temurin .+ is fetched once from http.+ and kept in .+\.$/,
      );
      expect(why).toMatch(
        /^DynamoDB Local needs Java 17.*no "java" on the PATH, and none could be fetched: .*SHA-256 .*\.\)$/,
      );
      expect(asked).toEqual([`/mirror/${jreRelease()?.file}`]);
      expect(await readdir(path.join(XDG_CACHE_HOME, 'agent-session-manager', 'jre'))).toEqual([]);
    },
    LONG,
  );
});

import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../lib/configuration.ts';
import { mcpServices } from '../../../lib/composition/mcp.ts';
import { KeyFileSecretBox } from '../../../lib/mcp-clients/credentials/key-file-secret-box.ts';

const OWNER = { sessionId: 'session-1', clientId: 'tools' };
const SECRET = 'canary-91ab';

describe('secrets under a key in a file', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'key-'));
    file = path.join(directory, 'secrets.key');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const newBox = () => new KeyFileSecretBox(file);
  const modeOf = async (name: string) => (await stat(name)).mode & 0o777;

  test.each([
    ['empty', ''],
    ['ASCII', SECRET],
    ['not ASCII', 'ü € 🔑'],
    ['4,096 bytes', 'x'.repeat(4_096)],
  ])('open again: %s', async (_what, secret) => {
    const sealed = await newBox().seal(secret, OWNER);
    expect(await newBox().open(sealed, OWNER)).toBe(secret);
  });

  test('look different each time and have nothing of the secret in them', async () => {
    const box = newBox();
    const sealed = [await box.seal(SECRET, OWNER), await box.seal(SECRET, OWNER)];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const text of sealed) expect(text + Buffer.from(text, 'base64').toString('latin1')).not.toContain(SECRET);
  });

  test.each([
    ['session', { ...OWNER, sessionId: 'session-2' }],
    ['client', { ...OWNER, clientId: 'other' }],
    ['pair of the same letters', { sessionId: 'session-1tools', clientId: '' }],
  ])('do not open for another %s', async (_what, other) => {
    const box = newBox();
    await expect(box.open(await box.seal(SECRET, OWNER), other)).rejects.toThrow(/authenticate/);
  });

  test('do not open when a single bit was changed, or a piece is missing', async () => {
    const box = newBox();
    const bytes = Buffer.from(await box.seal(SECRET, OWNER), 'base64');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1 << (index % 8);
      await expect(box.open(changed.toString('base64'), OWNER)).rejects.toThrow(/authenticate/);
    }
    for (let length = 0; length < bytes.length; length++) {
      await expect(box.open(bytes.subarray(0, length).toString('base64'), OWNER)).rejects.toThrow();
    }
  });

  test('do not open with the key of another machine', async () => {
    const sealed = await newBox().seal(SECRET, OWNER);
    await rm(file);
    await expect(newBox().open(sealed, OWNER)).rejects.toThrow(/authenticate/);
  });

  test('need no key file before there is one to seal', async () => {
    const config = readConfig({ LOCAL_DATA_DIR: directory });
    const { secrets } = mcpServices(config, process.env);
    expect(await readdir(directory)).toEqual([]);
    await secrets.seal(SECRET, OWNER);
    expect(await readdir(directory)).toEqual(['secrets.key']);
  });

  test.each(['000', '022', '277'])('have a key that its owner alone may read, under the umask %s', async (umask) => {
    const before = process.umask(Number.parseInt(umask, 8));
    try {
      await newBox().seal(SECRET, OWNER);
    } finally {
      process.umask(before);
    }
    expect(await modeOf(file)).toBe(0o600);
    expect(await readdir(directory)).toEqual(['secrets.key']);
  });

  test('have a directory for the key that its owner alone may enter', async () => {
    file = path.join(directory, 'below', 'secrets.key');
    await newBox().seal(SECRET, OWNER);
    expect(await modeOf(path.dirname(file))).toBe(0o700);
  });

  test('have one key, also when 20 instances make it at once', async () => {
    const boxes = Array.from({ length: 20 }, newBox);
    const sealed = await Promise.all(boxes.map((box) => box.seal(SECRET, OWNER)));
    for (const box of [...boxes, newBox()]) {
      for (const text of sealed) expect(await box.open(text, OWNER)).toBe(SECRET);
    }
    expect(await readdir(directory)).toEqual(['secrets.key']);
    expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toHaveLength(32);
  });

  test.each(['640', '604', '620', '602', '660', '777'])('refuse a key that others reach (%s)', async (mode) => {
    await newBox().seal(SECRET, OWNER);
    await chmod(file, Number.parseInt(mode, 8));
    await expect(newBox().seal(SECRET, OWNER)).rejects.toThrow(
      `The key file ${file} may be read by others: its mode must be 0600.`,
    );
    await chmod(file, 0o600);
  });

  test.each([
    ['nothing', ''],
    ['too little', Buffer.alloc(31).toString('base64')],
    ['too much', Buffer.alloc(33).toString('base64')],
    ['what is no base64', `${'#'.repeat(20)}${Buffer.alloc(32, 7).toString('base64')}`],
  ])('refuse a key file that holds %s, and leave it as it is', async (_what, content) => {
    await writeFile(file, content, { mode: 0o600 });
    await expect(newBox().seal(SECRET, OWNER)).rejects.toThrow(`The key file ${file} holds no key of 32 bytes.`);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  test('are sealed again once a refused key file was put right, by the same instance', async () => {
    const box = newBox();
    await writeFile(file, 'broken', { mode: 0o600 });
    await expect(box.seal(SECRET, OWNER)).rejects.toThrow(/holds no key/);
    await rm(file);
    expect(await box.open(await box.seal(SECRET, OWNER), OWNER)).toBe(SECRET);
  });
});

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SecretBox, SecretOwner } from './secret-box.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BASE64_KEY = /^[A-Za-z0-9+/]{43}=$/;

/** Thrown when the key file cannot be trusted or used. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** Seals with AES-256-GCM and a key in a file of one machine (mode 0600), which is made when it is first needed. */
export class KeyFileSecretBox implements SecretBox {
  private readonly file: string;
  private key: Promise<Buffer> | undefined;

  constructor(file: string) {
    this.file = file;
  }

  async seal(secret: string, owner: SecretOwner): Promise<string> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', await this.readKey(), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(bytesOf(owner));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
  }

  async open(sealed: string, owner: SecretOwner): Promise<string> {
    const bytes = Buffer.from(sealed, 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', await this.readKey(), nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(bytesOf(owner));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }

  /** A failure is not kept: the next call tries again. */
  private readKey(): Promise<Buffer> {
    this.key ??= keyIn(this.file).catch((thrown: unknown) => {
      this.key = undefined;
      throw thrown;
    });
    return this.key;
  }
}

const bytesOf = ({ sessionId, clientId }: SecretOwner) => Buffer.from(JSON.stringify([sessionId, clientId]));

async function keyIn(file: string): Promise<Buffer> {
  const existing = await readKeyFile(file);
  if (existing) return existing;
  await makeKeyFile(file);
  const made = await readKeyFile(file);
  if (!made) throw new KeyFileError(`The key file ${file} was removed while it was made.`);
  return made;
}

async function readKeyFile(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, 'r').catch(unlessMissing);
  if (!handle) return undefined;
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0)
      throw new KeyFileError(`The key file ${file} may be read by others: its mode must be 0600.`);
    const text = (await handle.readFile('utf8')).trim();
    if (!BASE64_KEY.test(text)) throw new KeyFileError(`The key file ${file} holds no key of ${KEY_BYTES} bytes.`);
    return Buffer.from(text, 'base64');
  } finally {
    await handle.close();
  }
}

/** Written aside and linked to its place, so that of several instances one makes it and none reads half of it. */
async function makeKeyFile(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomBytes(8).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    // Whatever the umask took away.
    await handle.chmod(0o600);
    await handle.writeFile(randomBytes(KEY_BYTES).toString('base64'));
    await handle.sync();
    await link(aside, file).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown;
    });
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}

function unlessMissing(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown;
}

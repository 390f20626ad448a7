import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../lib/configuration.ts';
import { mcpServices } from '../../../lib/composition/mcp.ts';
import type { SecretBox } from '../../../lib/mcp-clients/credentials/secret-box.ts';
import { kmsServer, type KmsServer } from './kms-server.ts';

const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const OWNER = { sessionId: 'session-1', clientId: 'tools' };
const SECRET = 'canary-5c1e';
/** As Lambda sets them, but for the endpoint. */
const ENVIRONMENT = ['AWS_ENDPOINT_URL_KMS', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;

describe('secrets under a key of AWS KMS', () => {
  const before = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
  let kms: KmsServer;
  let box: SecretBox;
  beforeAll(async () => {
    kms = await kmsServer(KEY_ID);
    const values = [kms.url, 'eu-central-1', 'test', 'test'];
    ENVIRONMENT.forEach((name, index) => (process.env[name] = values[index]));
    box = mcpServices(readConfig({ SECRETS_KMS_KEY_ID: KEY_ID }), process.env).secrets;
  });
  afterAll(async () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await kms.close();
  });
  beforeEach(() => {
    kms.trouble = 'none';
    kms.requests.length = 0;
  });

  const failureOf = async (work: Promise<unknown>) =>
    work.then(
      () => {
        throw new Error('went well');
      },
      (thrown: unknown) => thrown as Error & { cause?: Error },
    );
  /** All that a log could print of an error. */
  const printed = (thrown: Error & { cause?: Error }): string =>
    [thrown, thrown.cause].map((error) => `${error?.message} ${error?.stack} ${JSON.stringify(error)}`).join(' ');
  const expectNoSecretIn = (text: string) => {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(Buffer.from(SECRET).toString('base64').replace(/=+$/, ''));
  };

  test('open again, with session and client as context both times', async () => {
    const sealed = await box.seal(`${SECRET} ü €`, OWNER);
    expect(Buffer.from(sealed, 'base64').toString('base64')).toBe(sealed);
    expectNoSecretIn(sealed + Buffer.from(sealed, 'base64').toString('utf8'));
    expect(await box.open(sealed, OWNER)).toBe(`${SECRET} ü €`);
    expect(
      kms.requests.map(({ operation, KeyId, EncryptionContext }) => [operation, KeyId, EncryptionContext]),
    ).toEqual([
      ['Encrypt', KEY_ID, OWNER],
      ['Decrypt', KEY_ID, OWNER],
    ]);
  });

  test('can have 4,096 bytes', async () => {
    const secret = 'x'.repeat(4_096);
    expect(await box.open(await box.seal(secret, OWNER), OWNER)).toBe(secret);
  });

  test.each([
    ['session', { ...OWNER, sessionId: 'session-2' }],
    ['client', { ...OWNER, clientId: 'other' }],
  ])('do not open for another %s', async (_what, other) => {
    const sealed = await box.seal(SECRET, OWNER);
    expect(await failureOf(box.open(sealed, other))).toMatchObject({ name: 'InvalidCiphertextException' });
  });

  test('do not open when they were changed', async () => {
    const bytes = Buffer.from(await box.seal(SECRET, OWNER), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    expect(await failureOf(box.open(bytes.toString('base64'), OWNER))).toMatchObject({
      name: 'InvalidCiphertextException',
    });
  });

  test('wait out throttling, and end in CONTENTION when it does not', async () => {
    const sealed = await box.seal(SECRET, OWNER);
    kms.trouble = 'throttles';
    const recovering = setTimeout(() => (kms.trouble = 'none'), 20);
    expect(await box.open(sealed, OWNER)).toBe(SECRET);
    clearTimeout(recovering);
    kms.trouble = 'throttles';
    kms.requests.length = 0;
    for (const work of [() => box.seal(SECRET, OWNER), () => box.open(sealed, OWNER)]) {
      const thrown = await failureOf(work());
      expect(thrown).toMatchObject({ code: 'CONTENTION', cause: { name: 'ThrottlingException' } });
      expectNoSecretIn(printed(thrown));
    }
    expect(kms.requests.map(({ operation }) => operation)).toEqual([
      ...Array<string>(3).fill('Encrypt'),
      ...Array<string>(3).fill('Decrypt'),
    ]);
  });

  test('end in CONTENTION in time when KMS hangs, and go on when it does not any more', async () => {
    const sealed = await box.seal(SECRET, OWNER);
    kms.trouble = 'hangs';
    const startedAt = performance.now();
    const [sealing, opening] = await Promise.all([
      failureOf(box.seal(SECRET, OWNER)),
      failureOf(box.open(sealed, OWNER)),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    for (const thrown of [sealing, opening]) {
      expect(thrown).toMatchObject({ code: 'CONTENTION' });
      expectNoSecretIn(printed(thrown));
    }
    kms.trouble = 'none';
    expect(await box.open(sealed, OWNER)).toBe(SECRET);
  });

  test('are a fault of ours when the key is refused', async () => {
    kms.trouble = 'denies';
    const thrown = await failureOf(box.seal('harmless', OWNER));
    expect(thrown).toMatchObject({ name: 'AccessDeniedException' });
    expect(thrown).not.toHaveProperty('code');
    expect(kms.requests).toHaveLength(1);
  });
});

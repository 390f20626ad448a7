import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { ContentionError } from '../../errors.ts';
import type { SecretBox, SecretOwner } from './secret-box.ts';

type SdkError = Parameters<typeof isTransientError>[0];

/**
 * Seals with a key of AWS KMS. The owner is the encryption context: KMS opens nothing without the same one, and writes
 * it into CloudTrail with every use.
 */
export class KmsSecretBox implements SecretBox {
  private readonly client: KMSClient;
  private readonly keyId: string;

  constructor(client: KMSClient, keyId: string) {
    this.client = client;
    this.keyId = keyId;
  }

  async seal(secret: string, owner: SecretOwner): Promise<string> {
    const { CiphertextBlob } = await orContention(
      this.client.send(
        new EncryptCommand({ KeyId: this.keyId, Plaintext: Buffer.from(secret), EncryptionContext: contextOf(owner) }),
      ),
    );
    return Buffer.from(CiphertextBlob as Uint8Array).toString('base64');
  }

  async open(sealed: string, owner: SecretOwner): Promise<string> {
    const { Plaintext } = await orContention(
      this.client.send(
        new DecryptCommand({
          KeyId: this.keyId,
          CiphertextBlob: Buffer.from(sealed, 'base64'),
          EncryptionContext: contextOf(owner),
        }),
      ),
    );
    return Buffer.from(Plaintext as Uint8Array).toString('utf8');
  }
}

const contextOf = ({ sessionId, clientId }: SecretOwner): Record<string, string> => ({ sessionId, clientId });

/** The SDK has repeated the request by then. */
async function orContention<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (thrown) {
    const isPassing = isThrottlingError(thrown as SdkError) || isTransientError(thrown as SdkError);
    throw isPassing ? new ContentionError(thrown) : thrown;
  }
}

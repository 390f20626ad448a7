import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { serve } from '../http-servers.ts';

interface KmsRequest {
  KeyId?: string;
  Plaintext?: string;
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
}

export interface KmsServer {
  url: string;
  requests: (KmsRequest & { operation: string })[];
  /** For the requests that follow. */
  trouble: 'none' | 'throttles' | 'hangs' | 'denies';
  close(): Promise<void>;
}

const MAX_PLAINTEXT = 4_096;

/** AWS KMS as its JSON 1.1 API says: one key, AES-256-GCM with the encryption context as additional data. */
export async function kmsServer(keyId: string): Promise<KmsServer> {
  const key = randomBytes(32);
  const contextBytes = (context: Record<string, string> = {}) =>
    Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));

  const encrypt = ({ Plaintext = '', EncryptionContext }: KmsRequest) => {
    const plain = Buffer.from(Plaintext, 'base64');
    if (plain.length > MAX_PLAINTEXT) throw new KmsError('ValidationException', 'Plaintext is too long');
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(contextBytes(EncryptionContext));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    const blob = Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    return { CiphertextBlob: blob, KeyId: keyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  };
  const decrypt = ({ CiphertextBlob = '', EncryptionContext }: KmsRequest) => {
    const blob = Buffer.from(CiphertextBlob, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12));
      decipher.setAAD(contextBytes(EncryptionContext)).setAuthTag(blob.subarray(12, 28));
      const plain = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
      return { Plaintext: plain.toString('base64'), KeyId: keyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    } catch {
      throw new KmsError('InvalidCiphertextException', '');
    }
  };
  const answer = (operation: string, request: KmsRequest) => {
    if (kms.trouble === 'throttles') throw new KmsError('ThrottlingException', 'Rate exceeded');
    if (kms.trouble === 'denies') {
      throw new KmsError(
        'AccessDeniedException',
        `not authorized to perform: kms:${operation} with ${request.Plaintext}`,
      );
    }
    if (request.KeyId !== keyId) throw new KmsError('NotFoundException', 'no such key');
    return operation === 'Encrypt' ? encrypt(request) : decrypt(request);
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = String(incoming.headers['x-amz-target']).replace('TrentService.', '');
    const request = (await json(incoming)) as KmsRequest;
    kms.requests.push({ operation, ...request });
    if (kms.trouble === 'hangs') return;
    const type = { 'content-type': 'application/x-amz-json-1.1' };
    try {
      const given = JSON.stringify(answer(operation, request));
      response.writeHead(200, type).end(given);
    } catch (thrown) {
      const { code, message } = thrown as KmsError;
      response.writeHead(400, type).end(JSON.stringify({ __type: code, message }));
    }
  };

  const server = await serve((incoming, response) => void handle(incoming, response));
  const kms: KmsServer = {
    url: new URL(server.url).origin,
    requests: [],
    trouble: 'none',
    close: () => server.close(),
  };
  return kms;
}

class KmsError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { parse as bytesOfUuid, validate as isUuid } from 'uuid';

/**
 * The text of a session token: `asm_` and base64url of 60 bytes.
 *
 *   session id 16 │ token id 8 │ random 32 │ CRC-32 of those 56, big-endian 4
 *
 * 60 bytes are 80 characters without a bit to spare, so a token has one text. The checksum refuses what was cut off or
 * mistyped without a read of the table. It is no secret: scanners for leaked tokens can check it too.
 */
export const TOKEN_PATTERN = /^asm_[A-Za-z0-9_-]{80}$/;
const PREFIX = 'asm_';
const SESSION_BYTES = 16;
const ID_BYTES = 8;
const SECRET_BYTES = 32;
const SIGNED_BYTES = SESSION_BYTES + ID_BYTES + SECRET_BYTES;

/** What a token says of itself: which one it is, of which session. */
interface TokenClaim {
  sessionId: string;
  tokenId: string;
  /** SHA-256 of the whole text, which is all that is stored of it. A slow hash is for passwords: this has 256 random bits. */
  hash: string;
}

/** A token that was just made. */
interface NewToken extends TokenClaim {
  token: string;
}

export function newToken(sessionId: string): NewToken {
  const id = randomBytes(ID_BYTES);
  const signed = Buffer.concat([bytesOfUuid(sessionId), id, randomBytes(SECRET_BYTES)]);
  const token = PREFIX + Buffer.concat([signed, checksumOf(signed)]).toString('base64url');
  return { sessionId, tokenId: id.toString('hex'), hash: hashOf(token), token };
}

/** None: the text is no token. That it is one says nothing of whether it is valid. */
export function readToken(text: string): TokenClaim | undefined {
  if (!TOKEN_PATTERN.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  const signed = bytes.subarray(0, SIGNED_BYTES);
  if (!bytes.subarray(SIGNED_BYTES).equals(checksumOf(signed))) return undefined;
  // The first bytes of whatever random token may be no UUID.
  const hex = signed.toString('hex', 0, SESSION_BYTES);
  const sessionId = hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
  if (!isUuid(sessionId)) return undefined;
  const tokenId = signed.toString('hex', SESSION_BYTES, SESSION_BYTES + ID_BYTES);
  return { sessionId, tokenId, hash: hashOf(text) };
}

export const isTokenId = (id: unknown): id is string => typeof id === 'string' && /^[0-9a-f]{16}$/.test(id);

/** In constant time: how long it takes says nothing of how much of a hash is right. */
export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

function checksumOf(bytes: Buffer): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum;
}

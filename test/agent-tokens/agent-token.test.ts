import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { isSameHash, newToken, readToken, TOKEN_PATTERN } from '../../lib/agent-tokens/agent-token.ts';

const SESSION = '01a2045b-8d44-72e6-97c0-cb9917303a81';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes with one changed bit, as base64url. */
function flipped(token: string, bit: number): string {
  const bytes = Buffer.from(token.slice(4), 'base64url');
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return `asm_${bytes.toString('base64url')}`;
}

describe('the text of a session token', () => {
  test('says which token it is and of which session, and is another one each time', () => {
    const tokens = Array.from({ length: 200 }, () => newToken(SESSION));
    for (const { token, ...claim } of tokens) {
      expect(readToken(token)).toEqual(claim);
      expect(claim).toEqual({
        sessionId: SESSION,
        tokenId: expect.stringMatching(/^[0-9a-f]{16}$/),
        hash: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect(token).not.toContain(claim.hash);
    }
    for (const part of ['token', 'tokenId', 'hash'] as const) {
      expect(new Set(tokens.map((one) => one[part])).size).toBe(tokens.length);
    }
  });

  test('has 256 bits that nothing else says, and a checksum that anybody can check', () => {
    const [one, other] = [newToken(SESSION), newToken(SESSION)].map(({ token }) =>
      Buffer.from(token.slice(4), 'base64url'),
    ) as [Buffer, Buffer];
    expect(one.length).toBe(16 + 8 + 32 + 4);
    expect(one.subarray(24, 56).equals(other.subarray(24, 56))).toBe(false);
    expect(one.readUInt32BE(56)).toBe(crc32(one.subarray(0, 56)));
  });

  test('is found by the regular expression that the documents give to secret scanners', async () => {
    const text = await readFile('docs/security.md', 'utf8');
    const [, documented = ''] = /`(asm_\[[^`]+)`/.exec(text) ?? [];
    expect(`^${documented}$`).toBe(TOKEN_PATTERN.source);
    const { token } = newToken(SESSION);
    const leaked = `export SESSION_MANAGER_TOKEN=${token}\n`;
    expect(leaked.match(new RegExp(documented, 'g'))).toEqual([token]);
  });

  test('is refused with any one bit changed', () => {
    const { token } = newToken(SESSION);
    for (let bit = 0; bit < 480; bit++) expect([bit, readToken(flipped(token, bit))]).toEqual([bit, undefined]);
  });

  test('is refused with any one character changed, to any other', () => {
    const { token } = newToken(SESSION);
    for (let at = 4; at < token.length; at++) {
      for (const letter of ALPHABET) {
        const changed = token.slice(0, at) + letter + token.slice(at + 1);
        if (changed !== token) expect(readToken(changed)).toBeUndefined();
      }
    }
  });

  test('is refused where it is cut off, longer, spelled in another way, or no text of ours', () => {
    const { token } = newToken(SESSION);
    const inner = token.slice(4);
    const others = [
      '',
      'asm_',
      inner,
      token.toUpperCase(),
      token.toLowerCase(),
      `ASM_${inner}`,
      `asm-${inner}`,
      `xasm_${inner}`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `${token}=`,
      `${token}A`,
      `${token}AAAA`,
      `asm_${Buffer.from(inner, 'base64url').toString('base64')}=`,
      `asm_${Buffer.from(inner, 'base64url').toString('hex')}`,
      encodeURIComponent(`${token}/`),
      `asm_${inner.replace(/.$/, '/')}`,
      `asm_${inner.slice(0, 79)}é`,
      `asm_${'A'.repeat(80)}`,
      `asm_${'_'.repeat(80)}`,
    ];
    for (let length = 0; length < token.length; length++) others.push(token.slice(0, length), token.slice(length + 1));
    for (const text of others) expect([text, readToken(text)]).toEqual([text, undefined]);
  });

  test('is refused where its checksum is right and its first bytes are no session’s id', () => {
    const bytes = Buffer.alloc(60, 0xab);
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 56)), 56);
    const text = `asm_${bytes.toString('base64url')}`;
    expect(text).toMatch(TOKEN_PATTERN);
    expect(readToken(text)).toBeUndefined();
  });
});

test('hashes are the same if they are equal, whatever their lengths', () => {
  const { hash } = newToken(SESSION);
  expect(isSameHash(hash, `${hash}`)).toBe(true);
  for (const other of ['', hash.slice(1), `${hash}x`, newToken(SESSION).hash])
    expect(isSameHash(hash, other)).toBe(false);
});

import { expect } from '@jest/globals';

export const TOKEN = 'canary-token-1f"+/7a';
export const SECOND_TOKEN = 'canary-second-2b9c';
export const HEADER = 'canary-header-3d';
export const CLIENT = { clientId: 'agent', clientSecret: 'canary-client-4e/+=' };
export const ACCESS = 'canary-access';
export const QUERY = 'canary-query+/6f ü';

/** All spellings in which a secret could be read again. */
const SPELLINGS = [
  TOKEN,
  SECOND_TOKEN,
  HEADER,
  CLIENT.clientSecret,
  QUERY,
  `${CLIENT.clientId}:${CLIENT.clientSecret}`,
].flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(`Bearer ${secret}`).toString('base64').replace(/=+$/, ''),
]);
const CANARIES = [...SPELLINGS, 'canary'];

/** The text, and what its pieces of base64 say. */
const readable = (text: string): string =>
  [text, ...(text.match(/[\w+/=-]{16,}/g) ?? []).map((piece) => Buffer.from(piece, 'base64').toString('latin1'))].join(
    '\n',
  );

export function expectNoCanary(where: string, text: string): void {
  const all = readable(text);
  const found = CANARIES.filter((canary) => all.includes(canary));
  const around = found.map((canary) => all.slice(Math.max(0, all.indexOf(canary) - 60), all.indexOf(canary) + 60));
  expect([where, around]).toEqual([where, []]);
}

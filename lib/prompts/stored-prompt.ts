import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** A prompt as the table has it: its text, or that text deflated. */
export type StoredPrompt = string | Uint8Array;

/** With its key such a text fits into one write unit, 1 KB, as it is. */
const FITS_AS_TEXT_BYTES = 896;
/** More than any prompt has. */
const MAX_INFLATED_BYTES = 1024 * 1024;

/** Writes are billed by size, and text deflates to half of it or less: so it is kept that way where it is smaller. */
export function storedPrompt(text: string): StoredPrompt {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes <= FITS_AS_TEXT_BYTES) return text;
  const deflated = deflateRawSync(text);
  return deflated.length < bytes ? new Uint8Array(deflated) : text;
}

export function promptText(stored: StoredPrompt): string {
  if (typeof stored === 'string') return stored;
  return inflateRawSync(stored, { maxOutputLength: MAX_INFLATED_BYTES }).toString('utf8');
}

/** Throws for bytes that are no UTF-8, which would be read as other text. Passes over a byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** RFC 8259, 8.1: a byte order mark before the text is passed over. Throws for what is not JSON. */
export const parseJson = (text: string): unknown => JSON.parse(text.replace(/^\uFEFF/, ''));

/** The text that these bytes are. Throws where they are not UTF-8. */
export const utf8Of = (bytes: Uint8Array): string => utf8.decode(bytes);

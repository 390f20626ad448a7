import { en } from 'zod/locales';

/**
 * For each parse whose messages somebody reads: what is wrong, in words, since `zod/mini` brings none of its own. Not as
 * a setting of zod, which is that of the whole process and so of whoever embeds this.
 */
export const IN_ENGLISH = { error: en().localeError };

/** All schemas together would be a quarter of the time in which a function starts. */
export { lazily } from './lazily.ts';

import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';

// RFC 9110. What is no condition at all would be one that never holds, or always.
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e]*"`;
const DAY = '[A-Z][a-z]{2,8}';
const MONTH = '[A-Z][a-z]{2}';
const TIME = String.raw`\d{2}:\d{2}:\d{2}`;
/** As everybody writes it, and in the two old ways. */
const DATE = String.raw`${DAY}, \d{2}[ -]${MONTH}[ -]\d{2,4} ${TIME} GMT|${DAY} ${MONTH} [ \d]\d ${TIME} \d{4}`;
const WHOLE_LIST = String.raw`^[ \t]*(?:\*|(?:,[ \t]*)*${TAG}(?:[ \t]*,(?:[ \t]*${TAG})?)*)[ \t]*$`;

/** `*`, or a list of entity tags. */
export const entityTags = lazily(() =>
  z
    .string()
    .check(z.maxLength(2048), z.regex(new RegExp(WHOLE_LIST), 'must be * or a list of entity tags in double quotes')),
);

/** One entity tag, or the time of the last modification as an answer has it. */
export const tagOrDate = lazily(() =>
  z
    .string()
    .check(
      z.maxLength(256),
      z.regex(new RegExp(`^(?:${TAG}|${DATE})$`), 'must be one entity tag in double quotes, or an HTTP date'),
    ),
);

/** Permissions as `chmod` takes them: three octal digits, of which the first lets the owner read. Nothing sets an id. */
export const fileMode = lazily(() =>
  z
    .string()
    .check(z.regex(/^0?[4-7][0-7]{2}$/, 'must be three octal digits that let the owner read, such as 644 or 755')),
);

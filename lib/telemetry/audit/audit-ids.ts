import { lazily, STORED_ID_PATTERN } from '../../schemas.ts';
import * as z from 'zod/mini';

export const wordSchema = lazily(() => z.string().check(z.regex(STORED_ID_PATTERN)));

/** Of what callers name things by. */
export const idSchemas = {
  sessionId: lazily(() => z.uuid()),
  mcpClientId: wordSchema,
  tokenId: lazily(() => z.string().check(z.regex(/^[0-9a-f]{16}$/))),
  /** The name of an MCP tool. */
  tool: lazily(() => z.string().check(z.regex(/^[A-Za-z0-9._/:-]{1,128}$/))),
};

/** Imports that run up. The list gets shorter only: an import that is not there any more fails too. */
export const IMPORTS_UP: readonly string[] = [];

/** Files that lead to each other by their types. */
export const CIRCLES: readonly string[] = [];

/** Words outside of where `rooms.ts` wants them. */
export const STRAY_WORDS: readonly string[] = [
  // Options of the command line have the names of headers.
  'lib/cli/commands/file-commands.ts: if-match',
  'lib/cli/commands/session-commands.ts: idempotency-key',
  // The list of headers that credentials may not be.
  'lib/mcp-clients/credentials/mcp-credentials.ts: content-encoding',
  'lib/mcp-clients/credentials/mcp-credentials.ts: content-length',
  'lib/mcp-clients/credentials/mcp-credentials.ts: content-type',
];

/** For names that are not UTF-8, which no argument can have. */
export const ENCODED = {
  type: 'boolean',
  default: false,
  description: 'Paths in the workspace are given as percent-encoded bytes, as the column ENCODED shows them',
} as const;

/** The field that has the path of a command's options. */
export const pathField = ({ path, encoded }: { path: string; encoded: boolean }) =>
  encoded ? { encodedPath: path } : { path };

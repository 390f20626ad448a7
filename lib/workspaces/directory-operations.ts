import { fileAudit } from './file-audit.ts';
import * as z from 'zod/mini';
import { MAX_LEVELS, MAX_PATH_BYTES } from './files/file-path.ts';
import { onePath, pathShape } from './path-schemas.ts';
import { workspaceOperation } from './workspace-operation.ts';

const sessionShape = () => ({ sessionId: z.string() });
const directoryShape = () => ({ ...sessionShape(), ...pathShape() });

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
/** A cursor of a recursive list is a path in base64url. */
const MAX_CURSOR = Math.ceil(MAX_PATH_BYTES / 3) * 4;

export const directoryOperations = {
  /** What is in a directory, by name. Without a path, the workspace itself. */
  listDirectory: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.listDirectory,
    input: () =>
      z.strictObject({
        ...directoryShape(),
        limit: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_PAGE))),
        cursor: z.optional(
          z.string().check(z.maxLength(MAX_CURSOR), z.regex(/^[\w-]+$/, 'must be one that was answered')),
        ),
        recursive: z.optional(z.boolean()),
        depth: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_LEVELS))),
      }),
    run: async ({ sessionId, path, encodedPath, limit = DEFAULT_PAGE, cursor, ...tree }, { manager }) => {
      const at = path === undefined && encodedPath === undefined ? '' : onePath(path, encodedPath);
      return { output: await manager.session(sessionId).files.list(at, limit, cursor, tree) };
    },
  }),

  /** Make a directory. Parents are made too. */
  makeDirectory: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.makeDirectory,
    input: () => z.strictObject(directoryShape()),
    run: async ({ sessionId, path, encodedPath }, { manager }) => {
      const { existed } = await manager.session(sessionId).files.makeDirectory(onePath(path, encodedPath));
      return { output: null, existed };
    },
  }),

  /** Remove a directory. */
  removeDirectory: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.removeDirectory,
    input: () => z.strictObject({ ...directoryShape(), recursive: z.optional(z.boolean()) }),
    run: async ({ sessionId, path, encodedPath, recursive }, { manager }) => {
      await manager.session(sessionId).files.removeDirectory(onePath(path, encodedPath), recursive);
      return { output: null };
    },
  }),

  /** How much a workspace holds. `complete: false`: at least that; asking again goes on with measuring. */
  getWorkspaceUsage: workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.getWorkspaceUsage,
    input: () => z.strictObject(sessionShape()),
    run: async ({ sessionId }, { manager }) => {
      return { output: await manager.session(sessionId).files.usage() };
    },
  }),
};

import { fileAudit } from './file-audit.ts';
import type { ManagerOfFiles } from './session-files.ts';
import * as z from 'zod/mini';
import { operationOf } from '../operations/operation.ts';

const sessionShape = () => ({ sessionId: z.string() });
const directoryShape = () => ({ ...sessionShape(), path: z.string() });

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

const operation = operationOf<ManagerOfFiles>();

export const directoryOperations = {
  /** What is in a directory, by name. Without a path, the workspace itself. */
  listDirectory: operation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.listDirectory,
    input: () =>
      z.strictObject({
        ...sessionShape(),
        path: z.optional(z.string()),
        limit: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_PAGE))),
        cursor: z.optional(z.string().check(z.maxLength(512), z.regex(/^[\w-]+$/, 'must be one that was answered'))),
      }),
    run: async ({ sessionId, path = '', limit = DEFAULT_PAGE, cursor }, { manager }) => {
      return { output: await manager.session(sessionId).files.list(path, limit, cursor) };
    },
  }),

  /** Make a directory. Parents are made too. */
  makeDirectory: operation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.makeDirectory,
    input: () => z.strictObject(directoryShape()),
    run: async ({ sessionId, path }, { manager }) => {
      const { existed } = await manager.session(sessionId).files.makeDirectory(path);
      return { output: null, existed };
    },
  }),

  /** Remove a directory. */
  removeDirectory: operation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.removeDirectory,
    input: () => z.strictObject({ ...directoryShape(), recursive: z.optional(z.boolean()) }),
    run: async ({ sessionId, path, recursive }, { manager }) => {
      await manager.session(sessionId).files.removeDirectory(path, recursive);
      return { output: null };
    },
  }),

  /** How much a workspace holds. `complete: false`: at least that; asking again goes on with measuring. */
  getWorkspaceUsage: operation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.getWorkspaceUsage,
    input: () => z.strictObject(sessionShape()),
    run: async ({ sessionId }, { manager }) => {
      return { output: await manager.session(sessionId).files.usage() };
    },
  }),
};

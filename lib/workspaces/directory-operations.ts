import * as z from 'zod/mini';
import { operation } from '../operations/operation.ts';

const sessionShape = () => ({ sessionId: z.string() });
const directoryShape = () => ({ ...sessionShape(), path: z.string() });

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

export const directoryOperations = {
  listDirectory: operation({
    function: 'workspace',
    access: 'caller',
    input: () =>
      z.strictObject({
        ...sessionShape(),
        path: z.optional(z.string()),
        limit: z.optional(z.int().check(z.minimum(1), z.maximum(MAX_PAGE))),
        cursor: z.optional(z.string().check(z.maxLength(512), z.regex(/^[\w-]+$/, 'must be one that was answered'))),
      }),
    async run({ sessionId, path = '', limit = DEFAULT_PAGE, cursor }, { manager }) {
      return { output: await manager.session(sessionId).files.list(path, limit, cursor) };
    },
  }),

  makeDirectory: operation({
    function: 'workspace',
    access: 'caller',
    input: () => z.strictObject(directoryShape()),
    async run({ sessionId, path }, { manager }) {
      const existed = await manager.session(sessionId).files.makeDirectory(path);
      return { output: null, existed };
    },
  }),

  removeDirectory: operation({
    function: 'workspace',
    access: 'caller',
    input: () => z.strictObject({ ...directoryShape(), recursive: z.optional(z.boolean()) }),
    async run({ sessionId, path, recursive }, { manager }) {
      await manager.session(sessionId).files.removeDirectory(path, recursive);
      return { output: null };
    },
  }),

  getWorkspaceUsage: operation({
    function: 'workspace',
    access: 'caller',
    input: () => z.strictObject(sessionShape()),
    async run({ sessionId }, { manager }) {
      return { output: await manager.session(sessionId).files.usage() };
    },
  }),
};

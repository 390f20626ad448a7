import * as z from 'zod';
import { operation } from './operation.ts';

const sessionShape = { sessionId: z.string() };
const directoryShape = { ...sessionShape, path: z.string() };

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

export const directoryOperations = {
  listDirectory: operation({
    group: 'workspace',
    access: 'caller',
    input: z.strictObject({
      ...sessionShape,
      path: z.string().optional(),
      limit: z.int().min(1).max(MAX_PAGE).optional(),
      cursor: z
        .string()
        .max(512)
        .regex(/^[\w-]+$/, 'must be one that was answered')
        .optional(),
    }),
    async run({ sessionId, path = '', limit = DEFAULT_PAGE, cursor }, { manager }) {
      return { output: await manager.session(sessionId).files.list(path, limit, cursor) };
    },
  }),

  makeDirectory: operation({
    group: 'workspace',
    access: 'caller',
    input: z.strictObject(directoryShape),
    async run({ sessionId, path }, { manager }) {
      const existed = await manager.session(sessionId).files.makeDirectory(path);
      return { output: null, existed };
    },
  }),

  removeDirectory: operation({
    group: 'workspace',
    access: 'caller',
    input: z.strictObject({ ...directoryShape, recursive: z.boolean().optional() }),
    async run({ sessionId, path, recursive }, { manager }) {
      await manager.session(sessionId).files.removeDirectory(path, recursive);
      return { output: null };
    },
  }),

  getWorkspaceUsage: operation({
    group: 'workspace',
    access: 'caller',
    input: z.strictObject(sessionShape),
    async run({ sessionId }, { manager }) {
      return { output: await manager.session(sessionId).files.usage() };
    },
  }),
};

import * as z from 'zod/mini';
import { operationOf } from '../../operations/operation.ts';
import { fileAudit } from '../file-audit.ts';
import { encodedPath, onePath } from '../path-schemas.ts';
import type { ManagerOfFiles } from '../session-files.ts';

const operation = operationOf<ManagerOfFiles>();

const transferSchema = () =>
  z.strictObject({
    sessionId: z.string(),
    from: z.optional(z.string()),
    encodedFrom: z.optional(encodedPath()),
    to: z.optional(z.string()),
    encodedTo: z.optional(encodedPath()),
    overwrite: z.optional(z.boolean()),
  });

type Ends = Pick<z.infer<ReturnType<typeof transferSchema>>, 'from' | 'encodedFrom' | 'to' | 'encodedTo'>;

const endsIn = ({ from, encodedFrom, to, encodedTo }: Ends) =>
  [onePath(from, encodedFrom, ['from', 'encodedFrom']), onePath(to, encodedTo, ['to', 'encodedTo'])] as const;

export const moveOperations = {
  /** Move a file or a directory. Without `overwrite` nothing is ever replaced. */
  moveFile: operation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.moveFile,
    input: transferSchema,
    run: async ({ sessionId, overwrite, ...ends }, { manager }) => {
      await manager.session(sessionId).files.move(...endsIn(ends), { overwrite });
      return { output: null };
    },
  }),

  /** Copy a file or a directory. A copy appears as a whole or not at all. */
  copyFile: operation({
    function: 'workspace',
    access: 'caller',
    audit: fileAudit.copyFile,
    input: transferSchema,
    run: async ({ sessionId, overwrite, ...ends }, { manager }) => {
      await manager.session(sessionId).files.copy(...endsIn(ends), { overwrite });
      return { output: null };
    },
  }),
};

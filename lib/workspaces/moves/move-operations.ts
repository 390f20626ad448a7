import * as z from 'zod/mini';
import type { AuditRow } from '../../telemetry/audit/audit-row.ts';
import { fileAudit } from '../file-audit.ts';
import { encodedPath, onePath } from '../path-schemas.ts';
import { workspaceOperation } from '../workspace-operation.ts';

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

const transfer = (how: 'move' | 'copy', audit: AuditRow) =>
  workspaceOperation({
    function: 'workspace',
    access: 'caller',
    audit,
    input: transferSchema,
    run: async ({ sessionId, overwrite, ...ends }, { manager }) => {
      await manager.session(sessionId).files[how](...endsIn(ends), { overwrite });
      return { output: null };
    },
  });

export const moveOperations = {
  /** Move a file or a directory. Without `overwrite` nothing is ever replaced. */
  moveFile: transfer('move', fileAudit.moveFile),

  /** Copy a file or a directory. A copy appears as a whole or not at all. */
  copyFile: transfer('copy', fileAudit.copyFile),
};

import * as z from 'zod/mini';
import { operationOf } from '../operations/operation.ts';
import { reconcileAudit } from './reconcile-audit.ts';
import type { Reconciler } from './reconciler.ts';

const operation = operationOf<{ readonly reconciler: Pick<Reconciler, 'run'> }>();

export const reconcileOperations = {
  reconcile: operation({
    function: 'cleanup',
    access: 'caller',
    audit: reconcileAudit.reconcile,
    input: () => z.strictObject({ repair: z.optional(z.boolean()) }),
    run: async ({ repair }, { manager, signal }) => {
      return { output: await manager.reconciler.run({ repair }, { signal }) };
    },
  }),
};

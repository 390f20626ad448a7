import * as z from 'zod/mini';
import { operationOf } from '../operations/operation.ts';
import { reconcileAudit } from './reconcile-audit.ts';
import type { Reconciler } from './reconciler.ts';

const operation = operationOf<{ readonly reconciler: Pick<Reconciler, 'run'> }>();

export const reconcileOperations = {
  /**
   * Compare counters, sessions and directories. Says how much of each kind does not fit, and with `repair` corrects it,
   * also while sessions begin and end. `more`: the time was up, something could not be looked at, or too much was going on
   * to know a counter exactly; ask again.
   */
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

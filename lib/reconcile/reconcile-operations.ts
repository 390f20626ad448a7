import * as z from 'zod/mini';
import { operation } from '../operations/operation.ts';

export const reconcileOperations = {
  reconcile: operation({
    function: 'cleanup',
    access: 'caller',
    input: () => z.strictObject({ repair: z.optional(z.boolean()) }),
    async run({ repair }, { manager, signal }) {
      return { output: await manager.reconciler.run({ repair }, { signal }) };
    },
  }),
};

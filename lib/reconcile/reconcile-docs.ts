import * as z from 'zod/mini';
import type { DocsOf } from '../operations/operation-doc.ts';
import { DRIFT_KINDS, type DriftKind } from '../telemetry/audit/drift.ts';
import type { reconcileOperations } from './reconcile-operations.ts';

const reconcileAnswer = z.strictObject({
  drift: z.strictObject(
    Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, z.int()])) as Record<DriftKind, z.ZodMiniInt>,
  ),
  repaired: z.int(),
  more: z.boolean(),
});

export const reconcileDocs = {
  reconcile: {
    tag: 'service',
    summary: 'Compare counters, sessions and directories',
    description:
      'Says how much of each kind does not fit, and with `repair` puts it right, also while sessions begin and end. ' +
      '`more`: the time was up, something could not be looked at, or too much was going on to know a counter exactly; ask again.',
    role: 'operator',
    output: reconcileAnswer,
    errors: ['FORBIDDEN'],
    examples: {
      plain: { summary: 'Only look', input: {} },
      repair: { summary: 'Put right what does not fit', input: { repair: true } },
    },
  },
} as const satisfies DocsOf<typeof reconcileOperations>;

import type { Drift } from '../telemetry/audit/drift.ts';

/** What a session manager hands out of the module that compares everything stored. For operators. */
export interface Reconciles {
  /** With `repair` it corrects what is inconsistent, also while sessions begin and end. */
  run(
    options?: { repair?: boolean | undefined },
    bounds?: { signal?: AbortSignal; pageItems?: number | undefined },
  ): Promise<{ drift: Drift; repaired: number; more: boolean }>;
}

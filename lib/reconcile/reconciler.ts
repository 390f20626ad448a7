import * as z from 'zod/mini';
import { lazily } from '../schemas.ts';
import { readFields, readInput, withSignal } from '../telemetry/audit/callers-input.ts';
import { sumOfDrift } from '../telemetry/audit/drift.ts';
import { ForbiddenError } from '../errors.ts';
import { mayReconcile, type Caller } from '../identity.ts';
import { reconcileAudit } from './reconcile-audit.ts';
import type { ReconcileResult } from './reconcile-run.ts';
import type { ReconcileMode } from './reconcile-store.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { Comparison } from './comparison.ts';

/** Time limit of a run if the caller gives none. */
const RECONCILE_MS = 10 * 60 * 1000;

const pageItemsSchema = lazily(() => z.optional(z.number()));

/** How far a reconcile may go. */
interface ReconcileBounds {
  /** Aborts when the time is up; the next run goes on there. */
  signal?: AbortSignal;
  /** Items in a page of the scan; if absent, as many as DynamoDB returns. */
  pageItems?: number | undefined;
}

const optionsSchema = lazily(() => z.strictObject({ repair: z.optional(z.boolean()) }));

/** Compares counters, sessions, lists, MCP clients and directories. For operators. */
export class Reconciler {
  readonly #loadComparison: () => Promise<Comparison>;
  readonly #audit: AuditLog;
  readonly #caller: Caller;

  constructor(loadComparison: () => Promise<Comparison>, audit: AuditLog, caller: Caller) {
    this.#loadComparison = loadComparison;
    this.#audit = audit;
    this.#caller = caller;
  }

  /** With `repair` it corrects each difference, even while sessions begin and end. */
  async run(options: { repair?: boolean | undefined } = {}, bounds: ReconcileBounds = {}): Promise<ReconcileResult> {
    return this.#audit.record(reconcileAudit.reconcile, this.#caller, {}, async () => {
      if (!mayReconcile(this.#caller)) throw new ForbiddenError('Only an operator may reconcile.');
      const { repair = false } = readInput(optionsSchema(), options);
      const { signal: theirs, ...pages } = readFields(bounds);
      const pageItems = readInput(pageItemsSchema(), pages.pageItems);
      const comparison = await this.#loadComparison();
      const result = await withSignal(theirs, (signal = AbortSignal.timeout(RECONCILE_MS)) =>
        comparison.run(this.#roundOf(repair), { repair, signal, pageItems }),
      );
      this.#audit.note({ drift: sumOfDrift(result.drift), repaired: result.repaired });
      return result;
    });
  }

  #roundOf(repair: boolean): ReconcileMode {
    if (this.#caller.kind === 'schedule') return 'scheduled';
    return repair ? 'repair' : 'look';
  }
}

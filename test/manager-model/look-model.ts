import type { Identity } from '../../lib/identity.ts';
import { copyOf } from './answer.ts';
import { keyOf, type LimitOf } from './limit-model.ts';
import type { ManagerModel } from './manager-model.ts';

/** An instance looks at a scope once in so long (ms). */
const LOOK_MS = 5_000;
/** How many sessions a look ends at most. */
const ENDED_AT_ONCE = 10;

/** The sessions that a create ends first, and the `due` that its refusal then says. */
interface Way {
  ended: string[];
  due: number | undefined;
}

/**
 * What a create of a new session does before, if nothing disturbs it: it ends what is due in a scope of its own that is
 * full, once its instance may look there again, and goes on with the scope that is full then.
 */
export function wayOf(model: ManagerModel, owner: Identity, instance: number): Way {
  const after = model.clone();
  const ended: string[] = [];
  for (;;) {
    const full = after.limits.fullFor(owner);
    // All sessions together are the sweep's.
    if (!full || full.scope === 'global') return { ended, due: undefined };
    const of = { ...owner, scope: full.scope };
    const look = model.looks.at(instance, of, model.nowMs, after.dueIn(of));
    if (look.ended.length === 0) return { ended, due: look.due };
    for (const id of look.ended) after.free(id);
    ended.push(...look.ended);
  }
}

/** When each instance looked at a scope for sessions that are due in the way of a create, and how many it left. */
export class LookModel {
  private looks: Record<string, { atMs: number; due: number }> = {};

  copyFrom(other: LookModel): void {
    this.looks = copyOf(other.looks);
  }

  /** `due`: the sessions of the scope that are due, the oldest first. */
  at(instance: number, of: LimitOf, nowMs: number, due: readonly string[]): Way {
    const at = `${instance} ${keyOf(of)}`;
    const lately = this.looks[at];
    if (lately && nowMs - lately.atMs <= LOOK_MS) return { ended: [], due: lately.due };
    const ended = due.slice(0, ENDED_AT_ONCE);
    this.looks[at] = { atMs: nowMs, due: due.length - ended.length };
    return { ended, due: due.length - ended.length };
  }
}

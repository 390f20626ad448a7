import type { Moment } from './moment.ts';
import type { ManagerModel } from './manager-model.ts';

/** A call in a history: when it was made and answered, in a common order, and what its answer tells. */
export interface Event {
  called: number;
  answered: number;
  /** The moments of each chain came in this order, chains in any, all between call and answer. */
  chains: readonly (readonly Moment[])[];
}

/**
 * Whether there is an order of all moments, each within its call, in which the model gives every answer: gives the models
 * that are left then, one for each state that can have come of it. None: the answers contradict each other.
 */
export function linearize(start: ManagerModel, events: readonly Event[]): ManagerModel[] {
  const chains = events.flatMap((event) => event.chains.map((moments) => ({ ...event, moments })));
  const ends = new Map<string, ManagerModel>();
  const visited = new Set<string>();
  const visit = (model: ManagerModel, done: readonly number[]): void => {
    const key = `${done.join()} ${model.fingerprint()}`;
    if (visited.has(key)) return;
    visited.add(key);
    const open = chains.map((chain, index) => ({ chain, index, at: done[index] ?? 0 }));
    const left = open.filter(({ chain, at }) => at < chain.moments.length);
    if (left.length === 0) ends.set(model.fingerprint(), model);
    const firstAnswer = Math.min(...left.map(({ chain }) => chain.answered));
    for (const { chain, index, at } of left) {
      if (chain.called > firstAnswer) continue;
      const next = model.clone();
      if (chain.moments[at]?.(next) === undefined) visit(next, done.with(index, at + 1));
    }
  };
  visit(
    start,
    chains.map(() => 0),
  );
  return [...ends.values()];
}

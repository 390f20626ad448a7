import { explore, type Exploration } from './explore.ts';
import { wholeProtocol, type Protocol } from './seat-rules.ts';
import { initialState, keyOf, type SeatModelSize } from './seat-state.ts';
import { SeatSteps } from './seat-steps.ts';

/**
 * Everything that creators, enders and changers of a limit can do to each other under a protocol: in any order, with
 * answers that are lost, requests that are carried out late or never, and knowledge of any age.
 */
export function exploreSeats(size: SeatModelSize, protocol: Protocol = wholeProtocol): Exploration {
  const steps = new SeatSteps(size, protocol);
  return explore({ initial: initialState(size), next: (state) => steps.next(state), key: keyOf });
}

/** Small enough for every run of the tests. */
export const LOST_ANSWERS: SeatModelSize = { items: 2, limit: 2, creators: 2, tries: 1, plans: 1, losses: 1 };
export const TWO_CHANGERS: SeatModelSize = { ...LOST_ANSWERS, plans: 2, losses: 0 };

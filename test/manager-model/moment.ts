import { isDeepStrictEqual } from 'node:util';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { expectedOf, type Answer } from './answer.ts';
import type { ManagerModel } from './manager-model.ts';
import type { SessionView } from './model-session.ts';

/** What happens at one moment: does it to the model; gives what the model answers where that is something else. */
export type Moment = (model: ManagerModel) => Answer | undefined;

/** An operation whose sessions and versions have been chosen. */
export interface Call {
  /** The same to the manager that is tested. */
  perform(manager: SessionManager): Promise<unknown>;
  /** What such an answer tells: the moments of each chain come in this order, chains in any. */
  chains(answer: Answer): Moment[][];
  /** What is to be said besides if nothing else happened meanwhile, before the chains are played. */
  alone?(model: ManagerModel, answer: Answer): Answer | undefined;
  /** How far the clock has to move after it, alone. */
  thenMs?: number;
}

/** A call that happens at one moment. */
export function simple(perform: Call['perform'], expected: (model: ManagerModel, answer: Answer) => unknown): Call {
  return { perform, chains: (answer) => [[moment((model) => expected(model, answer), answer)]] };
}

/** Without an answer to compare, the model must only not refuse. */
export function moment(expected: (model: ManagerModel) => unknown, answer?: Answer): Moment {
  return (model) => {
    const told = expectedOf(() => expected(model));
    const fits = answer === undefined ? 'ok' in told : isDeepStrictEqual(told, answer);
    return fits ? undefined : told;
  };
}

export function viewOf(session: Session): SessionView {
  const { id, userId, orgId, metadata, version, mcpClientIds, createdAt, lastActiveAt, expiresAt } =
    session.getSessionInfo();
  return { id, userId, orgId, metadata, version, mcpClientIds, createdAt, lastActiveAt, expiresAt };
}

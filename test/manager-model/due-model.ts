import type { Identity } from '../../lib/identity.ts';
import { expectedOf } from './answer.ts';
import type { LimitModel } from './limit-model.ts';
import { isIdle, type ModelSession, type SweepInput } from './model-session.ts';

/** Sessions become due at steps of a 32nd of their idle time. */
const DUE_STEPS = 32;

/** What a list has: newest first. Without a user those of the organisation. */
export function listed(sessions: ModelSession[], { userId, orgId }: { userId?: string; orgId: string }): string[] {
  const isIn = (one: ModelSession) => one.orgId === orgId && (userId ?? one.userId) === one.userId;
  const own = sessions.filter((one) => isIn(one) && one.status === 'active');
  return own.map(({ id }) => id).reverse();
}

/** The sessions that are due under the limit that refuses a create of `owner`, if that is not the global one. */
export function dueInTheWay(limits: LimitModel, sessions: ModelSession[], owner: Identity, nowMs: number): string[] {
  const refusal = expectedOf(() => limits.checkRoomFor(owner));
  const { scope } = ('details' in refusal ? refusal.details : {}) as { scope?: string };
  if (scope !== 'user' && scope !== 'org') return [];
  const isIn = (one: Identity) => one.orgId === owner.orgId && (scope === 'org' || one.userId === owner.userId);
  const isDue = (one: ModelSession) => one.status === 'ending' || isIdle(one, undefined, nowMs);
  return sessions.filter((one) => isIn(one) && isDue(one)).map(({ id }) => id);
}

/** Those that a sweep must find. The others that are idle it may find. */
export function mustBeSwept(sessions: ModelSession[], { idle, orgId }: SweepInput, nowMs: number): string[] {
  const found = sessions.filter((session) => {
    if (orgId !== undefined) return session.orgId === orgId && isIdle(session, idle, nowMs);
    const late = idle === undefined ? Math.ceil(session.idleMs / DUE_STEPS) : 0;
    return isIdle(session, idle, nowMs - late);
  });
  return found.map(({ id }) => id);
}

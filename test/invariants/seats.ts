import { isSession, type StoredItem } from './stored-state.ts';

/** The limit of a scope by its name; 0: none. */
export type LimitOf = (scope: string) => number;

const SEATS = /^SEATS#(.+?)(#ITEM#\d+)?$/;
const part = encodeURIComponent;

/** I1 and I2: the sessions of each scope, its counter, and its limit. A scope's seats may be counted in several items. */
export function problemsOfSeats(items: StoredItem[], limitOf: LimitOf): string[] {
  const sessions = new Map<string, number>();
  const counted = new Map<string, number>();
  const add = (to: Map<string, number>, scope: string, count: number) => to.set(scope, (to.get(scope) ?? 0) + count);
  for (const { userId, orgId } of items.filter(isSession)) {
    const org = `ORG#${part(orgId)}`;
    for (const scope of ['GLOBAL', org, `${org}#USER#${part(userId)}`]) add(sessions, scope, 1);
  }
  for (const { pk, active } of items) {
    const [, scope] = SEATS.exec(pk) ?? [];
    if (scope !== undefined) add(counted, scope, Number(active ?? 0));
  }
  return [...new Set([...sessions.keys(), ...counted.keys()])].flatMap((scope) => {
    const there = sessions.get(scope) ?? 0;
    const told = counted.get(scope) ?? 0;
    const limit = limitOf(scope);
    return [
      ...(there === told ? [] : [`I2: ${scope} has ${there} sessions and counts ${told}`]),
      ...(limit > 0 && there > limit ? [`I1: ${scope} has ${there} sessions and a limit of ${limit}`] : []),
    ];
  });
}

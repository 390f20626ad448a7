import { isSession, type StoredItem } from './stored-state.ts';

/** The limit of a scope by its name; 0: none. */
export type LimitOf = (scope: string) => number;

const SEATS = /^SEATS#(.+?)(#ITEM#\d+)?$/;
const part = encodeURIComponent;

/** I1 and I2: the sessions of each scope, its counter, and its limit. A scope's seats may be counted in several items. */
export function problemsOfSeats(items: StoredItem[], limitOf: LimitOf): string[] {
  return [...problemsOfSums(items, limitOf), ...problemsOfShares(items)];
}

/** A debt that is spread over several items leaves free seats in one while all together are over the limit. */
function problemsOfShares(items: StoredItem[]): string[] {
  const scopeOf = ({ pk }: StoredItem) => SEATS.exec(pk)?.[1];
  const spread = new Set(items.filter(({ pk }) => pk.includes('#ITEM#')).map(scopeOf));
  return items
    .filter((item) => spread.has(scopeOf(item) ?? '') && Number(item.active ?? 0) > Number(item.seats ?? 0))
    .map(
      ({ pk, active, seats }) => `I1: ${pk} has ${String(active)} taken of ${String(seats)}, and is not the only item`,
    );
}

function problemsOfSums(items: StoredItem[], limitOf: LimitOf): string[] {
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

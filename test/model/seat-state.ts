import { sum, itemsOf, type SeatBounds } from './seat-plans.ts';
import { isFull, type Change, type CreateOrEnd, type SeatItem, type SeatTable } from './seat-table.ts';

/** One create: in the table under its index as the id of its session. */
export interface Creator {
  /** `asking`: nothing was sent yet. `trying`: takes a seat next. `looking`: takes a snapshot next. */
  readonly at: 'asking' | 'trying' | 'looking' | 'created' | 'refused' | 'contended';
  /** How often it may still try. */
  readonly tries: number;
  /** Whether at some instant since it began no seat was free. */
  readonly sawFull: boolean;
  /** How many items it has looked at, where it looks at one after the other, and how many there were. */
  readonly looked: number;
  readonly of: number;
}

/** All there is: the table, the callers, and what is on its way to the table. */
export interface SeatState {
  readonly table: SeatTable;
  readonly creators: readonly Creator[];
  /** Planned changes whose transaction may still be carried out: now, later or never. */
  readonly plans: readonly Change[];
  /** Items 1 and up as somebody has read them who has yet to read item 0. */
  readonly halfRead: readonly SeatItem[] | undefined;
  /** Creates and ends that their callers got no answer to: carried out now, later or never. */
  readonly unanswered: readonly CreateOrEnd[];
  readonly mayLose: number;
}

export interface SeatModelSize extends SeatBounds {
  creators: number;
  /** Attempts of one create. */
  tries: number;
  /** Changes under way at once. */
  plans: number;
  /** Creates and ends that get no answer. */
  losses: number;
}

export function initialState({ creators, items, tries, losses }: SeatModelSize): SeatState {
  const creator: Creator = { at: 'asking', tries, sawFull: false, looked: 0, of: 0 };
  return {
    table: {
      items: Array.from({ length: items }, (_, item) => (item === 0 ? { active: 0, seats: undefined } : undefined)),
      count: 1,
      sessions: Array.from({ length: creators }, () => false),
      limit: 1,
    },
    creators: Array.from({ length: creators }, () => creator),
    plans: [],
    halfRead: undefined,
    unanswered: [],
    mayLose: losses,
  };
}

export const activeIn = ({ items }: SeatTable): number => sum(items.map((item) => item?.active ?? 0));
export const isFullAsAWhole = (table: SeatTable): boolean => activeIn(table) >= table.limit;

/** What is wrong with the table as it stands, at any instant. */
export function violationIn(table: SeatTable): string | undefined {
  const { items, count, limit, sessions } = table;
  const there = itemsOf(table);
  if (there.some((item) => item === undefined)) return 'an item is missing';
  if (items.slice(count).some((item) => item !== undefined)) return 'an item is there that does not count';
  if (activeIn(table) !== sessions.filter(Boolean).length) return 'the seats in use are not the sessions there are';
  const known = there as SeatItem[];
  if (count > 1) {
    if (known.some(({ seats }) => seats === undefined)) return 'an item has no share';
    if (known.some(({ active, seats }) => active > (seats as number))) return 'a debt with more than one item';
  }
  const shares = known.map(({ seats }) => seats);
  if (shares[0] !== undefined && sum(shares as number[]) !== limit) return 'the shares are not the limit that was set';
  if (!isFullAsAWhole(table) && known.every(isFull)) return 'a seat is free and on no item';
  return undefined;
}

/** Creators are alike: which of them has which number tells no difference. */
export function keyOf({ table, creators, plans, halfRead, unanswered, mayLose }: SeatState): string {
  const each = creators.map(({ at, tries, sawFull, looked, of }, id) => {
    const flying = unanswered.filter((sent) => sent.id === id).map(({ kind, item }) => `${kind[0]}${item}`);
    return `${at[0]}${at[1]}${tries}${sawFull ? 1 : 0}${looked}${of}${table.sessions[id] ? '+' : '-'}${flying.sort().join('')}`;
  });
  const items = table.items.map(itemKey).join();
  const planned = plans.map(planKey).sort().join('/');
  return `${table.limit}|${table.count}|${items}|${each.sort().join()}|${planned}|${halfRead?.map(itemKey).join() ?? ''}|${mayLose}`;
}

const itemKey = (item: SeatItem | undefined) => (item ? `${item.active}:${item.seats ?? ''}` : '');
const planKey = (plan: Change) => Object.values(plan).join(' ');

import type { Step } from './explore.ts';
import { plansFor, itemsOf } from './seat-plans.ts';
import type { Protocol, Rule } from './seat-rules.ts';
import {
  activeIn,
  isFullAsAWhole,
  violationIn,
  type Creator,
  type SeatModelSize,
  type SeatState,
} from './seat-state.ts';
import {
  applied,
  failing,
  isFull,
  type Change,
  type CreateOrEnd,
  type SeatItem,
  type Transaction,
} from './seat-table.ts';

const isUnderWay = ({ at }: Creator) => at === 'trying' || at === 'looking';

/** Everything that may happen next. */
export class SeatSteps {
  private readonly size: SeatModelSize;
  private readonly protocol: Protocol;

  constructor(size: SeatModelSize, protocol: Protocol) {
    this.size = size;
    this.protocol = protocol;
  }

  *next(state: SeatState): Generator<Step<SeatState>> {
    for (const id of state.creators.keys()) yield* this.creatorSteps(state, id);
    yield* this.enderSteps(state);
    yield* this.changerSteps(state);
    for (const [index, sent] of state.unanswered.entries()) {
      const rest = { ...state, unanswered: state.unanswered.toSpliced(index, 1) };
      yield { label: `never carried out: ${told(sent)}`, state: rest };
      if (this.fails(state, sent).length === 0) yield this.carriedOut(rest, sent, `late: ${told(sent)}`);
    }
  }

  /** Any item may be picked: what a creator believes of the layout may be of any age. */
  private *creatorSteps(state: SeatState, id: number): Generator<Step<SeatState>> {
    const creator = state.creators[id] as Creator;
    if (creator.at === 'asking' || creator.at === 'trying') {
      for (let item = 0; item < this.size.items; item++) yield* this.take(state, { kind: 'create', id, item });
    }
    if (creator.at === 'asking' || creator.at === 'looking') yield* this.look(state, id);
  }

  private *take(state: SeatState, create: CreateOrEnd): Generator<Step<SeatState>> {
    const { id, item } = create;
    const { table } = state;
    const creator = state.creators[id] as Creator;
    const label = told(create);
    if (state.mayLose > 0) yield this.lost(this.become(state, id, { at: 'trying' }), create);
    const refusedBy = this.fails(state, create);
    if (refusedBy.length === 0) {
      yield this.carriedOut(this.become(state, id, { at: 'created' }), create, label);
      return;
    }
    const finds = `${label} finds ${refusedBy.map((rule) => `not "${rule}"`).join(', ')}`;
    if (refusedBy.includes('create: the session does not exist')) {
      const knows = this.protocol.has('a create that finds its own session has succeeded');
      if (knows) yield { label: finds, state: this.become(state, id, { at: 'created' }) };
      else yield { label: finds, state, violation: 'a create was told something else than that it succeeded' };
      return;
    }
    const found = item === 0 && table.count === 1;
    if (found || !this.protocol.has('a refusal follows from a snapshot of all items')) {
      yield this.refused(state, id, finds);
    } else if (creator.tries === 0) {
      yield { label: finds, state: this.become(state, id, { at: 'contended' }) };
    } else yield { label: finds, state: this.become(state, id, { at: 'looking', tries: creator.tries - 1 }) };
  }

  private *look(state: SeatState, id: number): Generator<Step<SeatState>> {
    const { table } = state;
    const label = `${id} looks`;
    if (!this.protocol.has('a snapshot is of one instant')) {
      yield* this.lookAtNext(state, id);
      return;
    }
    const whole = this.protocol.has('a snapshot has as many items as it says there are');
    for (let count = whole ? table.count : 1; count <= table.count; count++) {
      const isAllFull = table.items.slice(0, count).every((item) => item === undefined || isFull(item));
      if (isAllFull) yield this.refused(state, id, `${label} at ${count}`);
      else yield { label: `${label} at ${count}`, state: this.become(state, id, { at: 'trying' }) };
    }
  }

  /** What is no snapshot: item by item. */
  private *lookAtNext(state: SeatState, id: number): Generator<Step<SeatState>> {
    const { looked, of } = state.creators[id] as Creator;
    const label = `${id} looks at item ${looked}`;
    const count = looked === 0 ? state.table.count : of;
    const item = state.table.items[looked];
    if (item && !isFull(item)) yield { label, state: this.become(state, id, { at: 'trying', looked: 0, of: 0 }) };
    else if (looked + 1 >= count) yield this.refused(state, id, label);
    else yield { label, state: this.become(state, id, { at: 'looking', looked: looked + 1, of: count }) };
  }

  /** Enders remember nothing: anybody may end any session that was created, again and again, at any item. */
  private *enderSteps(state: SeatState): Generator<Step<SeatState>> {
    for (const [id, { at }] of state.creators.entries()) {
      if (at !== 'created' && !state.table.sessions[id]) continue;
      for (let item = 0; item < this.size.items; item++) {
        const end: CreateOrEnd = { kind: 'end', id, item };
        if (state.mayLose > 0 && state.table.sessions[id]) yield this.lost(state, end);
        if (this.fails(state, end).length === 0) yield this.carriedOut(state, end, told(end));
      }
    }
  }

  /**
   * Changers read, plan and send. Somebody who crashed, whose answer was lost or who is slow is a plan that is carried
   * out never or late; who tries again plans again.
   */
  private *changerSteps(state: SeatState): Generator<Step<SeatState>> {
    const { plans, table, halfRead } = state;
    for (const [index, plan] of plans.entries()) {
      const rest = { ...state, plans: plans.toSpliced(index, 1) };
      yield { label: `never carried out: ${told(plan)}`, state: rest };
      if (this.fails(state, plan).length === 0) yield this.carriedOut(rest, plan, told(plan));
    }
    if (plans.length === this.size.plans) return;
    const there = itemsOf(table) as SeatItem[];
    const planned = (plan: Change, from: SeatState) => {
      return { label: `planned: ${told(plan)}`, state: { ...from, plans: [...from.plans, plan] } };
    };
    for (const plan of plansFor(there, this.size, this.protocol)) yield planned(plan, state);
    if (this.protocol.has('a change is planned from item 0 as it was before the other items were read')) return;
    if (!halfRead) yield { label: 'others read', state: { ...state, halfRead: there.slice(1) } };
    else if (halfRead.length + 1 === table.count) {
      const read = [table.items[0] as SeatItem, ...halfRead];
      for (const plan of plansFor(read, this.size, this.protocol))
        yield planned(plan, { ...state, halfRead: undefined });
    }
  }

  private fails(state: SeatState, transaction: Transaction): Rule[] {
    return failing(state.table, transaction, this.protocol);
  }

  private lost(state: SeatState, sent: CreateOrEnd): Step<SeatState> {
    const unanswered = [...state.unanswered, sent];
    return { label: `no answer: ${told(sent)}`, state: { ...state, unanswered, mayLose: state.mayLose - 1 } };
  }

  private refused(state: SeatState, id: number, label: string): Step<SeatState> {
    const sawFull = (state.creators[id] as Creator).sawFull || isFullAsAWhole(state.table);
    const violation = sawFull ? undefined : 'a create was refused, and a seat was free all the time';
    return { label: `${label}: refused`, state: this.become(state, id, { at: 'refused' }), violation };
  }

  private carriedOut(before: SeatState, transaction: Transaction, label: string): Step<SeatState> {
    const table = applied(before.table, transaction);
    const isFullNow = isFullAsAWhole(table);
    const state = {
      ...before,
      table,
      creators: before.creators.map((creator) =>
        isFullNow && isUnderWay(creator) && !creator.sawFull ? { ...creator, sawFull: true } : creator,
      ),
      plans: this.outdated(before.plans, transaction),
    };
    const isOver = transaction.kind === 'create' && activeIn(table) > table.limit;
    return { label, state, violation: isOver ? 'a create went over the limit' : violationIn(table) };
  }

  /** The other plans after a change. Those that can never be carried out any more are left out. */
  private outdated(plans: readonly Change[], { kind }: Transaction): readonly Change[] {
    if (kind === 'create' || kind === 'end' || !this.protocol.has(`${kind} increases the layout`)) return plans;
    return plans
      .filter((plan) => !this.protocol.has(`${plan.kind}: the layout is the one seen`))
      .map((plan) => ({ ...plan, stale: true }));
  }

  /** A creator that does its next step, at this instant. What is over keeps nothing to tell it by. */
  private become(state: SeatState, id: number, change: Partial<Creator>): SeatState {
    const before = state.creators[id] as Creator;
    const after = { ...before, sawFull: before.sawFull || isFullAsAWhole(state.table), ...change };
    const creator = isUnderWay(after) ? after : { at: after.at, tries: 0, sawFull: false, looked: 0, of: 0 };
    return { ...state, creators: state.creators.with(id, creator) };
  }
}

function told({ kind, ...rest }: Transaction): string {
  return `${kind} ${JSON.stringify(rest)}`;
}

import { EVERYBODY } from '../../lib/limits/limit.ts';
import type { SessionManager } from '../../lib/sessions/session-manager.ts';
import type { BenchResult } from '../bench/bench-result.ts';
import { anotherInstance } from '../mcp-clients/instance.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';
import { PartitionModel } from './partition-model.ts';

/** Far more than any number of items takes: first tries and those that come again. */
const OFFERED_PER_SECOND = 16_000;
const CALLERS = 60;
/** Of the limit that two instances rush for, and how many are refused afterwards. */
const SEATS = 20;
const REFUSALS = 400;
const UNITS_A_REFUSAL = 0.1;

export interface RateOutcome {
  items: number;
  /** Of the model's seconds, not the machine's. */
  acceptedPerSecond: number;
  throttled: number;
}

/** Creates that are accepted a second under more load than fits, with the global limit spread over `items`. */
export async function acceptedCreates(items: number, writes: number): Promise<RateOutcome> {
  return withInstances(async ([stack, other], model) => {
    await stack.parts.seats.setLimit(EVERYBODY, 1_000_000, items);
    for (const { client } of [stack, other]) model.stand(client);
    let accepted = 0;
    let seconds = 0;
    const caller = async (manager: SessionManager, name: string) => {
      for (let turn = 0; model.offered < writes; turn++) {
        const answer = await createOne(manager, `${name}-${turn}`);
        if (answer === 'created' && model.offered <= writes) [accepted, seconds] = [accepted + 1, model.seconds];
      }
    };
    await Promise.all(
      Array.from({ length: CALLERS }, (_, index) =>
        caller((index % 2 === 0 ? stack : other).manager, `caller-${index}`),
      ),
    );
    return { items, acceptedPerSecond: accepted / seconds, throttled: model.throttled };
  });
}

export interface RefusalOutcome {
  created: number;
  active: number;
  refused: number;
  unitsPerRefusal: number;
}

/** A rush for `seats` seats, and then a flood at the full limit: each instance takes one call at a time, as functions do. */
export async function refusedCreates(items: number, seats: number, flood: number): Promise<RefusalOutcome> {
  return withInstances(async ([stack, other], model) => {
    await stack.parts.seats.setLimit(EVERYBODY, seats, items);
    for (const { client } of [stack, other]) model.stand(client);
    const managers = [stack.manager, other.manager];
    const rush = managers.map(async (manager, instance) => {
      const answers: string[] = [];
      for (let turn = 0; turn < 100 * seats && answers.at(-1) !== 'refused'; turn++) {
        answers.push(await createOne(manager, `rush-${instance}-${turn}`));
      }
      return answers.filter((answer) => answer === 'created').length;
    });
    const [first = 0, second = 0] = await Promise.all(rush);
    const unitsBefore = model.units;
    // Instances that know nothing yet: the first refusal of each is one that was written for.
    const late = managers.map(() => anotherInstance(stack));
    for (const { client } of late) model.stand(client);
    const refusals = late.map(async ({ manager }, instance) => {
      let refused = 0;
      for (let turn = 0; turn < flood / late.length; turn++) {
        if ((await createOne(manager, `flood-${instance}-${turn}`)) === 'refused') refused++;
      }
      return refused;
    });
    const refused = (await Promise.all(refusals)).reduce((sum, count) => sum + count, 0);
    for (const instance of late) instance.close();
    const unitsPerRefusal = (model.units - unitsBefore) / refused;
    return { created: first + second, active: await stack.manager.countAllSessions(), refused, unitsPerRefusal };
  });
}

/** For the benchmark: creates a second by items, as one partition's bound of 1,000 write units a second allows. */
export async function benchSeatRates(itemCounts = [1, 2, 4, 8, 16], writes = 4_000): Promise<BenchResult> {
  const rates: (RateOutcome & { over: number; unitsPerRefusal: number })[] = [];
  for (const items of itemCounts) {
    const { created, active, unitsPerRefusal } = await refusedCreates(items, SEATS, REFUSALS);
    const over = Math.max(created, active) - SEATS;
    rates.push({ ...(await acceptedCreates(items, writes)), over, unitsPerRefusal });
  }
  const [one, most] = [rates[0] as RateOutcome, rates.at(-1) as RateOutcome];
  const ratio = (rate: RateOutcome) => rate.acceptedPerSecond / one.acceptedPerSecond;
  return {
    title: 'Creates under one limit, by the items that its seats are spread over (1,000 write units a key and second)',
    columns: ['items', 'creates a second', 'ratio', 'admitted over the limit', 'write units a refusal'],
    rows: rates.map((rate) => [
      String(rate.items),
      rate.acceptedPerSecond.toFixed(0),
      ratio(rate).toFixed(1),
      String(rate.over),
      rate.unitsPerRefusal.toFixed(3),
    ]),
    bound:
      `${most.items} items at least ${most.items / 2} times one; all ${SEATS} seats taken and none more; a refusal at the ` +
      `full limit less than ${UNITS_A_REFUSAL} write units`,
    kept:
      ratio(most) >= most.items / 2 &&
      rates.every(({ over, unitsPerRefusal }) => over === 0 && unitsPerRefusal < UNITS_A_REFUSAL),
  };
}

type Instance = Pick<TestStack, 'client' | 'manager' | 'parts'>;

async function withInstances<T>(work: (instances: [TestStack, Instance], model: PartitionModel) => Promise<T>) {
  const stack = await newStack();
  const other = anotherInstance(stack);
  try {
    return await work([stack, other], new PartitionModel(OFFERED_PER_SECOND));
  } finally {
    other.close();
    await stack.close();
  }
}

/** Each under an organisation of its own: nothing but the global limit is hot. */
async function createOne(manager: SessionManager, name: string): Promise<'created' | 'refused' | 'contended'> {
  try {
    await manager.createSession(name, name);
    return 'created';
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    if (code === 'MAX_SESSIONS_REACHED') return 'refused';
    if (code === 'CONTENTION') return 'contended';
    throw thrown;
  }
}

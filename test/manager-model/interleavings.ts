import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { SimulatedProcess, type OutsideCall } from '../crash-points/simulated-process.ts';
import { answerOf } from './answer.ts';
import { callOf } from './call.ts';
import { linearize, type Event } from './linearization.ts';
import type { ManagerModel } from './manager-model.ts';
import type { ModelWorld, Run } from './model-world.ts';
import { anyOperation, operationAmongOthers, type Operation } from './operations.ts';
import { step, tell } from './sequences.ts';

/** Turns of the event loop in which whatever an answer leads to gets to its next call to the outside. */
const TURNS = 4;

/** What was there before, and callers that each make one call after the other, all at once. */
export interface Interleaving {
  before: readonly Operation[];
  callers: readonly (readonly Operation[])[];
  scheduler: fc.Scheduler;
  /** Of late indexes. */
  seed: number;
}

/** Lets calls to DynamoDB and the file system out one by one, in the order of the scheduler. */
class Gate {
  private readonly scheduler: fc.Scheduler;
  private underWay = 0;

  constructor(scheduler: fc.Scheduler) {
    this.scheduler = scheduler;
  }

  async pass<T>(label: string, perform: () => Promise<T>): Promise<T> {
    await this.scheduler.schedule(Promise.resolve(), label);
    this.underWay++;
    try {
      return await perform();
    } finally {
      this.underWay--;
    }
  }

  async drain(all: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = all.finally(() => (isOver = true));
    over.catch(() => undefined);
    await this.rest();
    while (!isOver) {
      if (this.scheduler.count() > 0) await this.scheduler.waitOne();
      else await sleep(1);
      await this.rest();
    }
    await over;
  }

  /** Until nothing is under way any more, and what came of it waits at the gate. */
  private async rest(): Promise<void> {
    for (let quiet = 0; quiet < TURNS; quiet++) {
      await setImmediate();
      if (this.underWay > 0) quiet = 0;
    }
  }
}

class ScheduledProcess extends SimulatedProcess {
  private readonly name: string;
  private readonly gate: Gate;

  constructor(name: string, gate: Gate) {
    super();
    this.name = name;
    this.gate = gate;
  }

  override call<T>(call: OutsideCall, perform: () => Promise<T>): Promise<T> {
    return this.gate.pass(`${this.name}: ${call.name}`, perform);
  }
}

/** Calls in the order in which they were made and answered. */
class History {
  readonly events: (Event & { told: string })[] = [];
  private moments = 0;

  async record(run: Run, operation: Operation): Promise<void> {
    const call = callOf(operation, run.known, run.model);
    const manager = run.managers[operation.at] ?? run.managers[0];
    if (!manager) throw new Error('there is no instance');
    const called = this.moments++;
    const answer = await answerOf(() => call.perform(manager));
    const told = `${called}-${this.moments} ${JSON.stringify(operation)}: ${JSON.stringify(answer)}`;
    this.events.push({ called, answered: this.moments++, chains: call.chains(answer), told });
    tell(run, operation, answer);
  }
}

/** All at once as the scheduler has it, then a look at everything: some order of the calls must explain all answers. */
export async function interleaved(
  world: ModelWorld,
  { before, callers, scheduler, seed }: Interleaving,
): Promise<void> {
  const run = world.begin(seed);
  try {
    for (const operation of before) await step(run, operation);
    const gate = new Gate(scheduler);
    const history = new History();
    const all = callers.map((operations, index) =>
      new ScheduledProcess(`caller ${index}`, gate).run(async () => {
        for (const operation of operations) await history.record(run, operation);
      }),
    );
    await gate.drain(Promise.all(all));
    for (const look of looks(run)) await history.record(run, look);
    const ends = linearize(run.model, history.events);
    if (ends.length === 0) {
      throw new Error(`no order explains\n${history.events.map(({ told }) => told).join('\n')}`);
    }
    await checkOneOf(world, run, ends);
  } finally {
    await world.clear();
  }
}

function looks({ known }: Run): Operation[] {
  const gets = known.flatMap((_, of) => [
    { kind: 'readPrompt', of, by: 5, at: 0 } as const,
    { kind: 'get', of, by: 5, at: 1 } as const,
  ]);
  return [...gets, ...[0, 1, 2].map((who) => ({ kind: 'usage', who, at: 0 }) as const)];
}

async function checkOneOf(world: ModelWorld, run: Run, ends: readonly ManagerModel[]): Promise<void> {
  const found: string[][] = [];
  for (const model of ends) {
    const violations = await world.violations({ ...run, model });
    if (violations.length === 0) return;
    found.push(violations);
  }
  throw new Error(found.map((violations) => violations.join('\n')).join('\nor\n'));
}

/** Schedules of callers that are shrunk to the fewest calls that fail. */
export function interleavings(world: ModelWorld) {
  const first = fc.record({
    kind: fc.constant('create' as const),
    at: fc.nat(1),
    who: fc.nat(1),
    key: fc.option(fc.nat(1), { nil: undefined }),
    idle: fc.constantFrom(undefined, 60, 60),
  });
  const wait = fc.constantFrom(0, 0, 700).map((seconds) => ({ kind: 'wait', seconds, at: 0 }) as const);
  const before = fc
    .tuple(first, fc.array(anyOperation, { maxLength: 5 }), wait)
    .map(([create, more, waited]): Operation[] => [create, ...more, waited]);
  const caller = fc.array(operationAmongOthers, { minLength: 1, maxLength: 3 });
  const interleaving = fc.record({
    before,
    callers: fc.array(caller, { minLength: 2, maxLength: 3 }),
    scheduler: fc.scheduler(),
    seed: fc.nat(),
  });
  return fc.asyncProperty(interleaving, (one) => interleaved(world, one));
}

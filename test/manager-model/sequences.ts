import fc from 'fast-check';
import { answerOf, type Answer } from './answer.ts';
import { callOf } from './call.ts';
import type { ManagerModel } from './manager-model.ts';
import type { ModelWorld, Run } from './model-world.ts';
import { anyOperation, type Operation } from './operations.ts';

/** An operation to the manager and to the model, which must answer the same. */
export async function step(run: Run, operation: Operation): Promise<void> {
  const { model, known, clock } = run;
  const call = callOf(operation, known, model);
  const manager = run.managers[operation.at] ?? run.managers[0];
  if (!manager) throw new Error('there is no instance');
  const answer = await answerOf(() => call.perform(manager));
  const mayMiss = run.indexes !== undefined && operation.kind === 'sweep' && !operation.admin;
  const also = mayMiss ? undefined : call.alone?.(model, answer);
  const expected = also ?? firstOf(call.chains(answer).flat(), (moment) => moment(model));
  if (expected) {
    throw new Error(
      `${JSON.stringify(operation)} answered ${JSON.stringify(answer)}, the model ${JSON.stringify(expected)}`,
    );
  }
  tell(run, operation, answer);
  if (call.thenMs !== undefined) {
    clock.advance({ ms: call.thenMs });
    model.nowMs += call.thenMs;
  }
}

export function tell(run: Run, { kind }: Operation, answer: Answer): void {
  const { known } = run;
  run.note(kind, answer);
  if (kind !== 'create' || !('ok' in answer)) return;
  const { id } = answer.ok as { id: string };
  if (!known.includes(id)) known.push(id);
}

function firstOf<T, Found>(values: T[], find: (value: T) => Found | undefined): Found | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One operation after the other; then all invariants. */
export async function inSequence(world: ModelWorld, operations: readonly Operation[]): Promise<void> {
  const run = world.begin(0);
  try {
    for (const operation of operations) await step(run, operation);
    await checkInvariants(world, run);
  } finally {
    await world.clear();
  }
}

export async function checkInvariants(world: ModelWorld, run: Run): Promise<void> {
  if (run.indexes) await catchUp(run);
  const violations = await world.violations(run);
  if (violations.length > 0) throw new Error(violations.join('\n'));
}

/** Then one sweep finds all that is due. */
async function catchUp(run: Run): Promise<void> {
  run.indexes?.catchUp();
  await step({ ...run, indexes: undefined }, { kind: 'sweep', at: 0, idle: undefined, admin: false });
}

/** As `fast-check` runs and shrinks commands. */
class OperationCommand implements fc.AsyncCommand<ManagerModel, Run> {
  private readonly operation: Operation;

  constructor(operation: Operation) {
    this.operation = operation;
  }

  check = () => true;
  run = (_model: ManagerModel, run: Run) => step(run, this.operation);
  toString = () => JSON.stringify(this.operation);
}

/** Sequences of operations that are shrunk to the shortest that fails. */
export function sequences(world: ModelWorld, maxCommands: number, operations = anyOperation) {
  const commands = fc.commands([operations.map((operation) => new OperationCommand(operation))], {
    maxCommands,
    size: 'max',
  });
  return fc.asyncProperty(commands, fc.nat(), async (sequence, seed) => {
    const run = world.begin(seed);
    try {
      await fc.asyncModelRun(() => ({ model: run.model, real: run }), sequence);
      await checkInvariants(world, run);
    } finally {
      await world.clear();
    }
  });
}

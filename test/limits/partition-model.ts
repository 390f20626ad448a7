import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { cancelled, isTransaction, isWrite, touchedBy, type TouchedItem } from './table-request.ts';
import { interpose } from '../setup/interpose.ts';

/** What one partition key takes (write units a second), and how much of it may come at once. */
const UNITS_PER_SECOND = 1_000;
const BURST_UNITS = 20;

interface Charge {
  key: string;
  units: number;
  /** The item of the request that this is for. */
  index: number;
}

/**
 * The service's write throughput before DynamoDB Local, which has no bounds: each partition key of the table and of its
 * indexes takes 1,000 write units a second. Time is logical: every write that is offered moves it on by as much as
 * `offeredPerSecond` says, so that the speed of the machine plays no part.
 */
export class PartitionModel {
  /** Write units that were consumed, and writes that were offered and throttled. */
  units = 0;
  offered = 0;
  throttled = 0;
  private readonly offeredPerSecond: number;
  private readonly left = new Map<string, { units: number; at: number }>();

  constructor(offeredPerSecond: number) {
    this.offeredPerSecond = offeredPerSecond;
  }

  get seconds(): number {
    return this.offered / this.offeredPerSecond;
  }

  stand(before: DynamoDBClient): void {
    interpose(
      before,
      (next, context) => async (args) => {
        const command = String(context.commandName);
        if (isWrite(command)) this.charge(command, args.input);
        return next(args);
      },
      { step: 'build', name: 'partition-model' },
    );
  }

  /** Before it is sent: what fails by its condition is billed in full. */
  private charge(command: string, input: object): void {
    this.offered++;
    const touched = touchedBy(command, input);
    const charges = touched.flatMap((item, index) => chargesOf(item, index, isTransaction(command) ? 2 : 1));
    const wanted = new Map<string, number>();
    for (const { key, units } of charges) wanted.set(key, (wanted.get(key) ?? 0) + units);
    const dry = new Set([...wanted].filter(([key, units]) => this.leftOf(key) < units).map(([key]) => key));
    if (dry.size > 0) {
      this.throttled++;
      const short = new Set(charges.filter(({ key }) => dry.has(key)).map(({ index }) => index));
      throw cancelled(touched.map((_, index) => (short.has(index) ? 'ThrottlingError' : 'None')));
    }
    for (const [key, units] of wanted) {
      this.left.set(key, { units: this.leftOf(key) - units, at: this.seconds });
      this.units += units;
    }
  }

  private leftOf(key: string): number {
    const { units, at } = this.left.get(key) ?? { units: BURST_UNITS, at: this.seconds };
    return Math.min(BURST_UNITS, units + (this.seconds - at) * UNITS_PER_SECOND);
  }
}

/** 1 unit for each KB begun, 2 in a transaction; and 1 for each index that an item newly stands in. */
function chargesOf({ pk, item }: TouchedItem, index: number, factor: number): Charge[] {
  const size = Math.max(1, Math.ceil(JSON.stringify(item ?? {}).length / 1024));
  const charges = [{ key: pk, units: factor * size, index }];
  for (const indexed of [item?.dueShard?.S, item?.orgId?.S]) {
    if (indexed !== undefined) charges.push({ key: `index ${indexed}`, units: 1, index });
  }
  return charges;
}

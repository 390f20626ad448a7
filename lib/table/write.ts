import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Native } from './attribute-values.ts';

type Without<Part extends keyof TransactWriteItem> = Omit<
  Native<NonNullable<TransactWriteItem[Part]>>,
  'TableName' | 'ReturnValuesOnConditionCheckFailure'
>;

export type UpdateWrite = Without<'Update'>;

/** One write of a transaction, without the table's name. */
export type Write =
  | { Put: Without<'Put'> }
  | { Update: UpdateWrite }
  | { Delete: Without<'Delete'> }
  | { ConditionCheck: Without<'ConditionCheck'> };

/**
 * What a refused transaction met: under each write's name the item that its condition found (`undefined`: none), and
 * the names of the writes that conflicted with others.
 */
export class TransactionRefusal<Name extends string> {
  readonly found: ReadonlyMap<Name, object | undefined>;
  readonly contended: ReadonlySet<Name>;
  /** False: an earlier attempt of the SDK may have been carried out, or may yet be. */
  readonly isDefinite: boolean;

  constructor(
    found: ReadonlyMap<Name, object | undefined>,
    contended: ReadonlySet<Name>,
    { isDefinite }: { isDefinite: boolean },
  ) {
    this.found = found;
    this.contended = contended;
    this.isDefinite = isDefinite;
  }

  failed(name: Name): boolean {
    return this.found.has(name);
  }

  item<T>(name: Name): T | undefined {
    return this.found.get(name) as T | undefined;
  }
}

import { TransactionCanceledException, type AttributeValue } from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;
interface Part {
  Item?: Item;
  Key?: Item;
}
interface Input extends Part {
  TransactItems?: Record<string, Part>[];
}

/** One item that a request writes, or reads as part of a transaction. */
export interface TouchedItem {
  action: 'Put' | 'Update' | 'Delete' | 'ConditionCheck' | 'Get';
  pk: string;
  sk: string;
  /** What is put. */
  item: Item | undefined;
}

const ACTIONS: Record<string, TouchedItem['action']> = {
  PutItemCommand: 'Put',
  UpdateItemCommand: 'Update',
  DeleteItemCommand: 'Delete',
};

export const isTransaction = (command: string): boolean => command.startsWith('Transact');
export const isWrite = (command: string): boolean => command === 'TransactWriteItemsCommand' || command in ACTIONS;

/** The items of a transaction or a write, in its order; none for other requests. */
export function touchedBy(command: string, input: object): TouchedItem[] {
  const { TransactItems = [], ...single } = input as Input;
  const action = ACTIONS[command];
  const parts = action ? [{ [action]: single }] : TransactItems;
  return parts.flatMap((part) =>
    Object.entries(part).map(([name, { Item: item, Key: key }]) => {
      const { pk, sk } = (item ?? key) as Item;
      return { action: name as TouchedItem['action'], pk: pk?.S ?? '', sk: sk?.S ?? '', item };
    }),
  );
}

export const idOf = ({ pk, sk }: TouchedItem): string => `${pk}|${sk}`;

/** As the service cancels a transaction, with a reason for each item in its order. */
export function cancelled(codes: string[]): TransactionCanceledException {
  return new TransactionCanceledException({
    $metadata: {},
    message: `Transaction cancelled [${codes.join(', ')}]`,
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

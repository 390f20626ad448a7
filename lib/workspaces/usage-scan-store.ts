import type { DynamoTable } from '../table/dynamo-table.ts';
import { USAGE_SCAN } from '../table/keys.ts';
import type { IndexPosition } from '../table/index-position.ts';

/** The position of the usage scan. If two runs write it at the same time, a few workspaces are read again. */
export class UsageScanStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Nothing: at the beginning. */
  async get(): Promise<IndexPosition | undefined> {
    const item = await this.table.get<{ position?: IndexPosition }>(USAGE_SCAN);
    return item?.position;
  }

  async put(position: IndexPosition | undefined): Promise<void> {
    await this.table.update({
      Key: USAGE_SCAN,
      ...(position
        ? { UpdateExpression: 'SET #position = :position', ExpressionAttributeValues: { ':position': position } }
        : { UpdateExpression: 'REMOVE #position' }),
      ExpressionAttributeNames: { '#position': 'position' },
    });
  }
}

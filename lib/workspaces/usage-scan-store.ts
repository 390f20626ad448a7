import type { DynamoTable } from '../table/dynamo-table.ts';
import { USAGE_SCAN } from '../table/keys.ts';
import type { IndexPosition } from '../table/index-position.ts';

/** How far the round is in which workspaces are measured. Two that write at once lose nothing but a bit of the way. */
export class UsageScanStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  /** Nothing: at its beginning. */
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

import type { DynamoTable } from '../../table/dynamo-table.ts';
import { WORKSPACE_ROOT } from '../../table/keys.ts';

/** The root that a table's workspaces are in, and where it was when that was written. */
export interface StoredRoot {
  rootId: string;
  path: string;
}

/** Which workspace root belongs to the table. It is written once. */
export class WorkspaceRootStore {
  private readonly table: DynamoTable;

  constructor(table: DynamoTable) {
    this.table = table;
  }

  async get(): Promise<StoredRoot | undefined> {
    return this.table.get<StoredRoot>(WORKSPACE_ROOT);
  }

  /** Gives what is stored afterwards: another process may be faster. */
  async put({ rootId, path }: StoredRoot): Promise<StoredRoot> {
    const outcome = await this.table.update<StoredRoot>({
      Key: WORKSPACE_ROOT,
      UpdateExpression: 'SET #rootId = :rootId, #path = :path',
      ConditionExpression: 'attribute_not_exists(#rootId)',
      ExpressionAttributeNames: { '#rootId': 'rootId', '#path': 'path' },
      ExpressionAttributeValues: { ':rootId': rootId, ':path': path },
    });
    return outcome.updated ? outcome.item : (outcome.found ?? { rootId, path });
  }
}

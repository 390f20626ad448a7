import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  type CfnTable,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { StackConfig } from './stack-config.ts';
import { TABLE } from '../lib/table/table-definition.ts';

const key = (name: string) => ({ name, type: AttributeType.STRING });

/** The one table, as `lib/table/table-definition.ts` describes it. Encrypted with DynamoDB's own key, which is free. */
export class SessionTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { dataRemoval }: StackConfig) {
    super(scope, id);
    const isKept = dataRemoval === 'retain';
    this.table = new Table(this, 'Table', {
      partitionKey: key(TABLE.partitionKey),
      sortKey: key(TABLE.sortKey),
      timeToLiveAttribute: TABLE.ttl,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection: isKept,
      // Not as file system and key: CloudFormation cannot delete a protected table where the first deployment fails.
      removalPolicy: isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    for (const { name, partitionKey, sortKey } of Object.values(TABLE.indexes)) {
      this.table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: key(partitionKey),
        sortKey: key(sortKey),
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    // A new logical id is a new, empty table.
    (this.table.node.defaultChild as CfnTable).overrideLogicalId('SessionTable');
    new CfnOutput(this, 'Name', { value: this.table.tableName }).overrideLogicalId('TableName');
  }
}

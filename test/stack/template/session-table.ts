import { describe, expect, test } from '@jest/globals';
import { newApp, resourcesOf, synthTemplate } from '../synth.ts';
import { TABLE } from '../../../lib/table/table-definition.ts';

const hashAndRange = ({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  { AttributeName: sortKey, KeyType: 'RANGE' },
];

describe('the session table', () => {
  const { SessionTable: table } = resourcesOf(synthTemplate());

  test('has the keys, the TTL and the indexes of the schema', () => {
    expect(table?.Properties).toMatchObject({
      KeySchema: hashAndRange(TABLE),
      TimeToLiveSpecification: { AttributeName: TABLE.ttl, Enabled: true },
      GlobalSecondaryIndexes: Object.values(TABLE.indexes).map((index) => ({
        IndexName: index.name,
        KeySchema: hashAndRange(index),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    });
    expect(table?.Properties.GlobalSecondaryIndexes).toHaveLength(Object.keys(TABLE.indexes).length);
  });

  test('is on demand, recoverable, protected, and streams both images', () => {
    expect(table?.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });
});

describe('what holds data', () => {
  const STATEFUL = {
    SessionTable: 'AWS::DynamoDB::Table',
    WorkspaceFileSystem: 'AWS::EFS::FileSystem',
    SecretsKey: 'AWS::KMS::Key',
  };

  test('is kept under a pinned logical id', () => {
    const resources = Object.entries(resourcesOf(synthTemplate()));
    const stateful = resources.filter(([, { Type }]) => Object.values(STATEFUL).includes(Type));
    expect(Object.fromEntries(stateful.map(([id, { Type }]) => [id, Type]))).toEqual(STATEFUL);
    for (const [, resource] of stateful) expect(resource).toMatchObject({ UpdateReplacePolicy: 'Retain' });
  });

  // A first deployment that failed left a file system and a key of $1 a month behind, each time that it was tried.
  test('goes with a first deployment that fails, but for the table, which is protected and costs nothing empty', () => {
    const resources = resourcesOf(synthTemplate());
    const policies = Object.keys(STATEFUL).map((id) => [id, resources[id]?.DeletionPolicy]);
    expect(Object.fromEntries(policies)).toEqual({
      SessionTable: 'Retain',
      WorkspaceFileSystem: 'RetainExceptOnCreate',
      SecretsKey: 'RetainExceptOnCreate',
    });
  });

  // The command line protects a stack before its first deployment; one that failed could then not be replaced.
  test('is in a stack that is not protected from deletion until that is configured', () => {
    const isProtected = (context: Record<string, unknown>) => newApp(context).stack.terminationProtection ?? false;
    expect([{}, { dataRemoval: 'destroy' }, { terminationProtection: 'true' }].map(isProtected)).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('goes with the stack where that is configured', () => {
    const resources = resourcesOf(synthTemplate({ dataRemoval: 'destroy' }));
    for (const id of Object.keys(STATEFUL)) expect(resources[id]).toMatchObject({ DeletionPolicy: 'Delete' });
    expect(resources.SessionTable?.Properties.DeletionProtectionEnabled).toBe(false);
  });
});

import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Key, type CfnKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { onceCreated } from './data-removal.ts';
import type { StackConfig } from './stack-config.ts';

/** What a function does with secrets of MCP clients: it stores them and uses them, or it only uses what is stored. */
export type SecretsUse = 'seal-and-open' | 'open';

const ACTIONS: Record<SecretsUse, string[]> = {
  'seal-and-open': ['kms:Encrypt', 'kms:Decrypt'],
  open: ['kms:Decrypt'],
};

/** Whoever administers the account may change or delete the key, and may not use it. */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/** Both names that `KmsSecretBox` gives as context, and no other. The names after a colon are compared whatever their case. */
const WITH_OWNER = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['sessionId', 'clientId'] },
  Null: { 'kms:EncryptionContext:sessionId': 'false', 'kms:EncryptionContext:clientId': 'false' },
};

/** The key that seals the credentials of MCP clients. Without it, what it sealed is lost. */
export class SecretsKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, { dataRemoval }: StackConfig) {
    super(scope, id);
    const { stackName } = Stack.of(this);
    this.key = new Key(this, 'Key', {
      description: `Session manager ${stackName}: credentials of MCP clients`,
      enableKeyRotation: true,
      // Each of the first two rotations adds the price of a key, for good.
      rotationPeriod: Duration.days(2_560),
      removalPolicy: onceCreated(dataRemoval),
      pendingWindow: Duration.days(30),
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'Administration',
            principals: [new AccountRootPrincipal()],
            actions: ADMINISTRATION,
            resources: ['*'],
          }),
        ],
      }),
    });
    // Also where the key stays: its alias would be in the way of the next stack of this name.
    this.key.addAlias(`${stackName}-secrets`).applyRemovalPolicy(RemovalPolicy.DESTROY);
    // A new logical id is a new key, which opens nothing of what the old one sealed.
    (this.key.node.defaultChild as CfnKey).overrideLogicalId('SecretsKey');
    new CfnOutput(this, 'Id', { value: this.key.keyId }).overrideLogicalId('SecretsKeyId');
  }

  /** It takes both: the role's policy, and the key's own, which lets no other role of the account in. */
  grant(role: Role, use: SecretsUse): void {
    const actions = ACTIONS[use];
    role.addToPolicy(new PolicyStatement({ actions, resources: [this.key.keyArn], conditions: WITH_OWNER }));
    this.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new AccountRootPrincipal()],
        actions,
        resources: ['*'],
        conditions: { ...WITH_OWNER, ArnEquals: { 'aws:PrincipalArn': role.roleArn } },
      }),
    );
  }
}

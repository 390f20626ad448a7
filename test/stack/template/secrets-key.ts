import { describe, expect, test } from '@jest/globals';
import { FUNCTION_NAMES, functionRows } from '../../../cdk/function-rows.ts';
import { each, statementsOf, type Statement } from '../permissions.ts';
import { resourcesOf, synthTemplate, textOf } from '../synth.ts';

interface KeyStatement extends Statement {
  Principal: { AWS: unknown };
}

const USE = /^kms:(?:Encrypt|Decrypt|ReEncrypt|Generate|CreateGrant|Sign|Derive|\*)/;
const OWNER = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['sessionId', 'clientId'] },
  Null: { 'kms:EncryptionContext:sessionId': 'false', 'kms:EncryptionContext:clientId': 'false' },
};

describe('the key for the credentials of MCP clients', () => {
  const template = synthTemplate();
  const resources = resourcesOf(template);
  const key = resources.SecretsKey;
  const statements = (key?.Properties.KeyPolicy as unknown as { Statement: KeyStatement[] }).Statement;

  test('rotates, and waits 30 days before it is gone', () => {
    expect(key?.Properties).toMatchObject({
      EnableKeyRotation: true,
      RotationPeriodInDays: 2_560,
      PendingWindowInDays: 30,
    });
    const [alias] = Object.values(resources).filter(({ Type }) => Type === 'AWS::KMS::Alias');
    expect(alias?.Properties.AliasName).toBe('alias/SessionManager-secrets');
  });

  test('has an alias that goes with the stack, also where the key stays: the next stack of this name needs it', () => {
    const [alias] = Object.values(resources).filter(({ Type }) => Type === 'AWS::KMS::Alias');
    expect(alias).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });

  test('is used by two roles, each with the owner as context, and administered without being used', () => {
    const uses = statements.filter(({ Action }) => each(Action).some((action) => USE.test(action)));
    expect(
      uses.map(({ Action, Condition }) => [
        each(Action).toSorted(),
        textOf(Condition?.ArnEquals?.['aws:PrincipalArn']),
      ]),
    ).toEqual([
      [['kms:Decrypt', 'kms:Encrypt'], 'McpRole'],
      [['kms:Decrypt'], 'SessionEventsRole'],
    ]);
    for (const { Condition } of uses) expect(Condition).toMatchObject(OWNER);
    const others = statements.filter((statement) => !uses.includes(statement));
    expect(others.map(({ Effect }) => Effect)).toEqual(['Allow']);
    expect(each(others[0]?.Action)).toEqual(expect.arrayContaining(['kms:PutKeyPolicy', 'kms:RotateKeyOnDemand']));
    expect(each(others[0]?.Action).filter((action) => action?.includes('*'))).toEqual([]);
    for (const { Principal } of statements) expect(textOf(Principal.AWS)).toMatch(/:root$/);
  });

  test('opens for the roles’ own policies with the owner as context only', () => {
    const ofRoles = statementsOf(template).flatMap(([, ofRole]) => ofRole);
    const uses = ofRoles.filter(({ Action }) => each(Action).some((action) => action.startsWith('kms:')));
    expect(uses).toHaveLength(2);
    for (const { Condition } of uses) expect(Condition).toEqual(OWNER);
  });

  test('is for the functions outside the VPC, which reach KMS', () => {
    const users = FUNCTION_NAMES.filter((name) => functionRows[name].secrets !== undefined);
    expect(users).toEqual(['mcp', 'session-events']);
    for (const name of users) expect(functionRows[name].mountsWorkspaces).toBe(false);
  });
});

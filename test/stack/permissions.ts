import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf, textOf } from './synth.ts';

export interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

interface PolicyProperties {
  PolicyDocument: { Statement: Statement[] };
  Roles: unknown[];
}

/** `action on resource`, one by one and sorted. */
export interface Permissions {
  allowed: string[];
  refused: string[];
}

export const each = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** The statements of all policies, under the names of their roles. */
export function statementsOf(template: Template): [role: string, statements: Statement[]][] {
  return Object.values(resourcesOf(template))
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .map(({ Properties }) => Properties as unknown as PolicyProperties)
    .flatMap(({ PolicyDocument, Roles }) =>
      Roles.map((role): [string, Statement[]] => [textOf(role), PolicyDocument.Statement]),
    );
}

export function permissionsOf(template: Template): Record<string, Permissions> {
  return Object.fromEntries(
    statementsOf(template).map(([role, statements]) => [
      role,
      { allowed: lines(statements, 'Allow'), refused: lines(statements, 'Deny') },
    ]),
  );
}

function lines(statements: Statement[], effect: Statement['Effect']): string[] {
  return statements
    .filter(({ Effect }) => Effect === effect)
    .flatMap(({ Action, Resource }) =>
      each(Action).flatMap((action) => each(Resource).map((resource) => `${action} on ${textOf(resource)}`)),
    )
    .sort();
}

import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { NightlyJobStack } from '../../../cdk/examples/nightly-job-stack.ts';
import { functionVariable } from '../../../lib/api/client-environment.ts';
import { each, statementsOf } from '../permissions.ts';
import { newApp, resourcesOf } from '../synth.ts';

describe('grantInvoke', () => {
  const { app, stack } = newApp();
  const job = Template.fromStack(new NightlyJobStack(app, 'Job', { sessionManager: stack }));
  /** Another stack's values come as imports; their names have the logical ids in them. */
  const importOf = (value: unknown) => (value as { 'Fn::ImportValue': string })['Fn::ImportValue'];

  test('gives the example’s function the permission to invoke what it named, and nothing else', () => {
    const statements = statementsOf(job).flatMap(([, ofRole]) => ofRole);
    expect(statements.map(({ Action }) => Action)).toEqual(['lambda:InvokeFunction']);
    expect(each(statements[0]?.Resource).map(importOf)).toEqual([
      expect.stringContaining('LifecycleFunction'),
      expect.stringContaining('RecordsFunction'),
    ]);
  });

  test('gives it the variables that the client reads', () => {
    const [fn] = Object.values(resourcesOf(job)).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const { Variables } = fn?.Properties.Environment as unknown as { Variables: Record<string, unknown> };
    expect(importOf(Variables[functionVariable('lifecycle')])).toContain('LifecycleFunction');
    expect(importOf(Variables[functionVariable('records')])).toContain('RecordsFunction');
    expect(Object.keys(Variables)).not.toContain(functionVariable('cleanup'));
  });
});

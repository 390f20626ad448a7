import { describe, expect, test } from '@jest/globals';
import { App, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SessionManagerStack, stackConfig } from '../../../cdk/index.ts';
import { ENV } from '../../../lib/configuration.ts';
import { metricsOfAlarms, metricsOfWidgets } from '../read-metrics.ts';
import { resourcesOf } from '../synth.ts';

/** Properties that name a resource in its account and region. CloudFormation makes a name where there is none. */
const NAME = /^(?:Name|(?:Alarm|Alias|Dashboard|Function|Group|LogGroup|Queue|Role|Table|Policy)Name)$/;

function physicalNames(template: Template): string[] {
  const names = Object.values(resourcesOf(template)).flatMap(({ Type, Properties }) =>
    Object.entries((Properties ?? {}) as Record<string, unknown>).flatMap(([property, value]) =>
      NAME.test(property) && typeof value === 'string' ? [`${Type} ${value}`] : [],
    ),
  );
  const exported = Object.values(template.findOutputs('*') as Record<string, { Export?: { Name: string } }>).flatMap(
    ({ Export }) => (Export ? [Export.Name] : []),
  );
  // Those of policies in roles are names within the role.
  return [...names.filter((name) => !name.startsWith('AWS::IAM::Policy ')), ...exported];
}

describe('two stages in one app', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const [test1, live] = ['Test', 'Live'].map((stage) => {
    const stack = new SessionManagerStack(new Stage(app, stage), stackConfig({ dashboard: true }));
    return { stack, template: Template.fromStack(stack) };
  }) as [Deployed, Deployed];

  // Both had alarms, an alias, a dashboard and metrics by the name `SessionManager`: the second deployment failed.
  test('have no physical name in common, so that one account and region takes both', () => {
    expect(physicalNames(live.template).length).toBeGreaterThan(10);
    expect(physicalNames(live.template).filter((name) => physicalNames(test1.template).includes(name))).toEqual([]);
  });

  test('send their metrics to namespaces of their own, and read them there', () => {
    for (const { stack, template } of [test1, live]) {
      const functions = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::Lambda::Function');
      const sent = functions.flatMap(({ Properties }) => {
        const { Variables } = Properties.Environment as unknown as { Variables: Record<string, string> };
        return Variables[ENV.metricsNamespace] ?? [];
      });
      expect(new Set(sent)).toEqual(new Set([stack.stackName]));
      const read = [...metricsOfAlarms(template), ...metricsOfWidgets(template)].map(({ namespace }) => namespace);
      const ours = read.filter((namespace) => !namespace.startsWith('AWS/'));
      expect(new Set(ours)).toEqual(new Set([stack.stackName]));
    }
    expect([test1, live].map(({ stack }) => stack.stackName)).toEqual(['Test-SessionManager', 'Live-SessionManager']);
  });
});

interface Deployed {
  stack: SessionManagerStack;
  template: Template;
}

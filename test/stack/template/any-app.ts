import { describe, expect, test } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SessionManagerStack, stackConfig, StackConfigError } from '../../../cdk/index.ts';
import { resourcesOf, synthTemplate } from '../synth.ts';

const anyApp = () => new App({ context: { 'aws:cdk:bundling-stacks': [], owner: 'somebody else' } });

describe('in an app of somebody else', () => {
  test('the stack is the same, whatever feature flags and context that app has', () => {
    const stack = new SessionManagerStack(
      anyApp(),
      stackConfig({ maxSessions: 500, jwtAudience: [], dashboard: true }),
    );
    const own = synthTemplate({ maxSessions: 500, dashboard: true });
    expect(resourcesOf(Template.fromStack(stack))).toEqual(resourcesOf(own));
  });

  test('it may be deployed to a region that is named, with tags', () => {
    const stack = new SessionManagerStack(anyApp(), stackConfig(), {
      env: { region: 'eu-central-1' },
      tags: { team: 'agents' },
    });
    expect(stack.region).toBe('eu-central-1');
    expect(stack.tags.tagValues()).toEqual({ team: 'agents' });
  });

  // It was found out by CloudFormation, after the table and the key.
  test('zones of another region than the one that is named are refused', () => {
    const config = stackConfig({ availabilityZones: 'eu-west-1a,eu-west-1b' });
    const deployTo = (region: string) => new SessionManagerStack(anyApp(), config, { env: { region } });
    expect(() => deployTo('us-east-1')).toThrow(StackConfigError);
    expect(() => deployTo('us-east-1')).toThrow('eu-west-1a, eu-west-1b are not in us-east-1');
    expect(deployTo('eu-west-1').region).toBe('eu-west-1');
  });

  test('zones of another region than the command line has are warned of, since only the deployment knows the region', () => {
    const warnings = (CDK_DEFAULT_REGION: string) => {
      const before = process.env.CDK_DEFAULT_REGION;
      process.env.CDK_DEFAULT_REGION = CDK_DEFAULT_REGION;
      try {
        const stack = new SessionManagerStack(anyApp(), stackConfig({ availabilityZones: 'eu-west-1a,eu-west-1b' }));
        return JSON.stringify(stack.network.node.metadata);
      } finally {
        if (before === undefined) delete process.env.CDK_DEFAULT_REGION;
        else process.env.CDK_DEFAULT_REGION = before;
      }
    };
    expect(warnings('us-east-1')).toContain('eu-west-1a, eu-west-1b are not in us-east-1');
    expect(warnings('eu-west-1')).toBe('[]');
  });

  test('what is wrong with its configuration is refused by name', () => {
    expect(() => stackConfig({ maxSessions: -1 })).toThrow('MAX_SESSIONS');
    expect(() => stackConfig({ availabilityZones: 1 })).toThrow(StackConfigError);
    expect(() => stackConfig({ maxSesions: 7 } as object)).toThrow('maxSesions');
  });
});

import { describe, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Rule } from 'aws-cdk-lib/aws-events';
import {
  EVENT_SOURCE,
  SESSION_EVENT_TYPES,
  type SessionEventType,
} from '../../../lib/telemetry/events/session-event.ts';
import { newApp, resourcesOf } from '../synth.ts';

/** The properties of a rule that another stack puts on the bus. */
function ruleOf(context: Record<string, unknown>, ...types: SessionEventType[]): Record<string, unknown> {
  const { app, stack } = newApp(context);
  const other = new Stack(app, 'Other');
  new Rule(other, 'Rule', { eventBus: stack.events.bus, eventPattern: stack.events.patternOf(...types) });
  const [rule] = Object.values(resourcesOf(Template.fromStack(other)));
  return rule?.Properties as unknown as Record<string, unknown>;
}

describe('a rule on the events of sessions', () => {
  test('is on the account’s own bus, or on the one that is configured', () => {
    expect(JSON.stringify(ruleOf({}).EventBusName)).toContain('default');
    expect(JSON.stringify(ruleOf({ eventBusName: 'platform' }).EventBusName)).toContain('platform');
  });

  test('matches all of them, or those of some types', () => {
    expect(ruleOf({}).EventPattern).toEqual({ source: [EVENT_SOURCE], 'detail-type': SESSION_EVENT_TYPES });
    expect(ruleOf({}, 'session.ended').EventPattern).toEqual({
      source: [EVENT_SOURCE],
      'detail-type': ['session.ended'],
    });
  });

  test('needs no bus of the stack’s own: an idle one costs nothing and is there already', () => {
    const types = Object.values(resourcesOf(Template.fromStack(newApp().stack))).map(({ Type }) => Type);
    expect(types.filter((type) => type.startsWith('AWS::Events::'))).toEqual([]);
  });
});

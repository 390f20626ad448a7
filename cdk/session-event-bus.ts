import { EventBus, type EventPattern, type IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { EVENT_SOURCE, SESSION_EVENT_TYPES, type SessionEventType } from '../lib/telemetry/events/session-event.ts';
import type { StackConfig } from './stack-config.ts';

/** The EventBridge bus that the events of sessions go to. It is there already: by default the account's own. */
export class SessionEventBus extends Construct {
  readonly bus: IEventBus;

  constructor(scope: Construct, id: string, { eventBusName }: StackConfig) {
    super(scope, id);
    this.bus = EventBus.fromEventBusName(this, 'Bus', eventBusName);
  }

  /** For a rule on `bus`: the events of these types, or all of them. */
  patternOf(...types: SessionEventType[]): EventPattern {
    return { source: [EVENT_SOURCE], detailType: types.length > 0 ? types : [...SESSION_EVENT_TYPES] };
  }

  /** Events of the session manager and of nobody else. */
  putStatement(): PolicyStatement {
    return new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: { StringEquals: { 'events:source': EVENT_SOURCE } },
    });
  }
}

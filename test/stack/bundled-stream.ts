import { expect, test } from '@jest/globals';
import { EVENT_SOURCE } from '../../lib/telemetry/events/session-event.ts';
import type { Deployment } from './lambda/deployment.ts';
import { endOfSession, terminations } from './lambda/stream-records.ts';

/** The event bus of the deployment. */
export const BUS = { eventBusName: 'platform' };
const BUS_ENTRY = { EventBusName: BUS.eventBusName, Source: EVENT_SOURCE };

/** What `session-events` does with a deployment's stream: part of the suite of the bundles, whose deployment it uses. */
export function testStream(deployment: () => Deployment): void {
  test('session-events takes a batch of the stream, and names the record that it cannot read', async () => {
    const { instance, gate, granted } = deployment().of('session-events');
    const outcome = await instance.invoke({ Records: terminations() });
    expect(outcome).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: '2' }] } });
    expect([...gate.refused]).toEqual([]);
    expect([...gate.used].sort()).toEqual(granted.filter((line) => /(Update|Delete)Item/.test(line)).sort());
  });

  test('session-events removes the access point of a session that ended, and sends the event to its bus', async () => {
    const accessPointId = deployment().efs.put({});
    const outcome = await deployment()
      .of('session-events')
      .instance.invoke({ Records: [endOfSession(accessPointId)] });
    expect(outcome).toEqual({ answer: { batchItemFailures: [] } });
    expect(deployment().efs.points.has(accessPointId)).toBe(false);
    expect(deployment().bus.taken).toMatchObject([{ ...BUS_ENTRY, DetailType: 'session.ended' }]);
    expect(JSON.parse(deployment().bus.taken[0]?.Detail ?? '')).toMatchObject({ id: '1:4', durationSeconds: 3_600 });
  });
}

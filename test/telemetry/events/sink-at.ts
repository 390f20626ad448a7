import type { EventSink } from '../../../lib/telemetry/events/event-sink.ts';
import { eventBridgeSink } from '../../../lib/telemetry/events/event-bridge-sink.ts';
import type { EventBridgeServer } from './event-bridge-server.ts';

/** As in `lib/composition/api-functions.ts`, at this server. */
export const sinkAt = ({ url }: EventBridgeServer, requestTimeout = 3_000): EventSink =>
  eventBridgeSink(
    { eventBusName: 'default' },
    {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 1_000, requestTimeout, throwOnRequestTimeout: true },
    },
  ) as EventSink;

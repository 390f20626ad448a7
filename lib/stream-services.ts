import { eventBridgeSink } from './events/event-bridge-sink.ts';
import { mcpServices } from './mcp-services.ts';
import type { ServiceParts } from './services.ts';
import { efsAccessPoints } from './workspace/efs-access-points.ts';

/** What acts on changes of the table: apart, so that no other function loads all of it. */
export const streamServices: ServiceParts = {
  mcp: mcpServices,
  accessPoints: efsAccessPoints,
  eventSink: eventBridgeSink,
};

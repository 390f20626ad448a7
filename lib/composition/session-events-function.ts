import { eventBridgeSink } from '../telemetry/events/event-bridge-sink.ts';
import { mcpServices } from './mcp.ts';
import type { ServiceParts } from './api-functions.ts';
import { efsAccessPoints } from '../workspaces/access-points/efs-access-points.ts';

/** What acts on changes of the table: apart, so that no other function loads all of it. */
export const streamServices: ServiceParts = {
  mcp: mcpServices,
  accessPoints: efsAccessPoints,
  eventSink: eventBridgeSink,
};

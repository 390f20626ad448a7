import { streamHandler } from '../lib/api/stream-handler.ts';
import { streamableHttpConnector as mcp } from '../lib/mcp/streamable-http-connector.ts';
import { lazyServices } from '../lib/services.ts';
import { efsAccessPoints as accessPoints } from '../lib/workspace/efs-access-points.ts';

export const handler = streamHandler(lazyServices({ mcp, accessPoints }));

import { streamHandler } from '../lib/api/stream-handler.ts';
import { mcpServices as mcp } from '../lib/mcp-services.ts';
import { lazyServices } from '../lib/services.ts';
import { efsAccessPoints as accessPoints } from '../lib/workspace/efs-access-points.ts';

export const handler = streamHandler(lazyServices({ mcp, accessPoints }));

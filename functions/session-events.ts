import { streamHandler } from '../lib/api/stream-handler.ts';
import { mcpServices } from '../lib/mcp-services.ts';
import { lazyServices } from '../lib/services.ts';

export const handler = streamHandler(lazyServices({ mcp: mcpServices }));

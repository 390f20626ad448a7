import { streamHandler } from '../lib/api/stream-handler.ts';
import { streamableHttpConnector } from '../lib/mcp/streamable-http-connector.ts';
import { lazyServices } from '../lib/services.ts';

export const handler = streamHandler(lazyServices({ mcp: streamableHttpConnector }));

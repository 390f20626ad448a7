import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { streamableHttpConnector } from '../lib/mcp/streamable-http-connector.ts';
import { lazyServices } from '../lib/services.ts';

export const handler = lambdaHandler('mcp', lazyServices({ mcp: streamableHttpConnector }));

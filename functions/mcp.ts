import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { mcpServices } from '../lib/mcp-services.ts';
import { lazyServices } from '../lib/services.ts';

export const handler = lambdaHandler('mcp', lazyServices({ mcp: mcpServices }));

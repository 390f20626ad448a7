import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { mcpServices } from '../lib/composition/mcp.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';

export const handler = lambdaHandler('mcp', lazyServices({ mcp: mcpServices }));

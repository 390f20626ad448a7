import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { noMcp } from '../lib/composition/no-mcp.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';

export const handler = lambdaHandler('lifecycle', lazyServices({ mcp: noMcp }));

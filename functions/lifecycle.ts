import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { withoutMcp } from '../lib/composition/no-mcp.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';

export const handler = lambdaHandler('lifecycle', lazyServices({ mcp: withoutMcp }));

import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { describeApi } from '../lib/api/openapi/describe-api.ts';
import { withoutMcp } from '../lib/composition/no-mcp.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';

export const handler = lambdaHandler('records', lazyServices({ mcp: withoutMcp, describeApi }));

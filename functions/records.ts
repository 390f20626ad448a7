import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { describeApi } from '../lib/api/openapi/describe-api.ts';
import { noMcp } from '../lib/no-mcp-services.ts';
import { lazyServices } from '../lib/services.ts';

export const handler = lambdaHandler('records', lazyServices({ mcp: noMcp, describeApi }));

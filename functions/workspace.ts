import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { noMcp } from '../lib/no-mcp-services.ts';
import { lazyServices } from '../lib/services.ts';

export const handler = lambdaHandler('workspace', lazyServices({ mcp: noMcp }));

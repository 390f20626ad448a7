import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { noMcp } from '../lib/no-mcp-services.ts';
import { lazyServices } from '../lib/services.ts';
import { efsAccessPoints } from '../lib/workspace/efs-access-points.ts';

export const handler = lambdaHandler('access', lazyServices({ mcp: noMcp, accessPoints: efsAccessPoints }));

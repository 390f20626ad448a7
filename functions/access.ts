import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { noMcp } from '../lib/composition/no-mcp.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';
import { efsAccessPoints } from '../lib/workspaces/access-points/efs-access-points.ts';

export const handler = lambdaHandler('access', lazyServices({ mcp: noMcp, accessPoints: efsAccessPoints }));

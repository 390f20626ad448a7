import { lambdaHandler } from '../lib/api/lambda-handler.ts';
import { withoutMcp } from '../lib/composition/no-mcp.ts';
import { lazyServices } from '../lib/composition/api-functions.ts';
import { efsAccessPoints } from '../lib/workspaces/access-points/efs-access-points.ts';

export const handler = lambdaHandler('access', lazyServices({ mcp: withoutMcp, accessPoints: efsAccessPoints }));

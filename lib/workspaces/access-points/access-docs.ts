import * as z from 'zod/mini';
import { EXAMPLE, nothing, type DocsOf } from '../../operations/operation-doc.ts';
import type { accessOperations } from './access-operations.ts';

const { sessionId } = EXAMPLE;
const tag = 'workspace-access';

const workspaceAccessAnswer = z.strictObject({
  fileSystemId: z.string(),
  accessPointId: z.string(),
  accessPointArn: z.string(),
});

export const accessDocs = {
  grantWorkspaceAccess: {
    tag,
    summary: 'Let a workspace be mounted from elsewhere',
    description:
      'An EFS access point that begins at the session’s directory, the same each time. Elsewhere than on AWS there is none.',
    output: workspaceAccessAnswer,
    errors: ['WORKSPACE_ACCESS_LIMIT', 'NOT_AVAILABLE'],
    examples: {
      plain: {
        summary: 'By the session’s id',
        input: { sessionId },
      },
    },
  },
  revokeWorkspaceAccess: {
    tag,
    summary: 'Let it be mounted no more',
    output: nothing,
    errors: ['NOT_AVAILABLE'],
    examples: { plain: { summary: 'By the session’s id', input: { sessionId } } },
  },
} as const satisfies DocsOf<typeof accessOperations>;

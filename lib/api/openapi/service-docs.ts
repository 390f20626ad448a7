import { healthAnswer, nothing, openApiAnswer, workspaceAccessAnswer } from './answers.ts';
import { EXAMPLE } from './operation-doc.ts';

const { sessionId } = EXAMPLE;

export const serviceDocs = {
  grantWorkspaceAccess: {
    tag: 'workspace-access',
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
    tag: 'workspace-access',
    summary: 'Let it be mounted no more',
    output: nothing,
    errors: ['NOT_AVAILABLE'],
    examples: { plain: { summary: 'By the session’s id', input: { sessionId } } },
  },
  getHealth: {
    tag: 'service',
    summary: 'Whether the service answers',
    output: healthAnswer,
    errors: [],
    examples: { plain: { summary: 'By anyone', input: {} } },
  },
  getOpenApi: {
    tag: 'service',
    summary: 'This document',
    output: openApiAnswer,
    errors: ['NOT_AVAILABLE'],
    examples: { plain: { summary: 'By anyone', input: {} } },
  },
} as const;

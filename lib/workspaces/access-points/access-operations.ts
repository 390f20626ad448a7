import { accessAudit } from './access-audit.ts';
import type { WorkspaceAccessInfo } from './workspace-access.ts';
import * as z from 'zod/mini';
import { operationOf } from '../../operations/operation.ts';

const input = () => z.strictObject({ sessionId: z.string() });

/** An alias, not an interface: declarations of `operations` then need no name of it. */
type ManagerOfAccess = {
  session(sessionId: string): {
    grantWorkspaceAccess(): Promise<WorkspaceAccessInfo>;
    revokeWorkspaceAccess(): Promise<void>;
  };
};

const operation = operationOf<ManagerOfAccess>();

export const accessOperations = {
  /**
   * Let a workspace be mounted from elsewhere. An EFS access point that begins at the session’s directory, the same each
   * time. Elsewhere than on AWS there is none.
   */
  grantWorkspaceAccess: operation({
    function: 'access',
    access: 'caller',
    audit: accessAudit.grantWorkspaceAccess,
    input,
    run: async ({ sessionId }, { manager }) => {
      return { output: await manager.session(sessionId).grantWorkspaceAccess() };
    },
  }),

  /** Let it be mounted no more. */
  revokeWorkspaceAccess: operation({
    function: 'access',
    access: 'caller',
    audit: accessAudit.revokeWorkspaceAccess,
    input,
    run: async ({ sessionId }, { manager }) => {
      await manager.session(sessionId).revokeWorkspaceAccess();
      return { output: null };
    },
  }),
};

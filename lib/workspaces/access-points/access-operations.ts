import * as z from 'zod/mini';
import { operation } from '../../operations/operation.ts';

const input = () => z.strictObject({ sessionId: z.string() });

export const accessOperations = {
  grantWorkspaceAccess: operation({
    function: 'access',
    access: 'caller',
    input,
    async run({ sessionId }, { manager }) {
      return { output: await manager.session(sessionId).grantWorkspaceAccess() };
    },
  }),

  revokeWorkspaceAccess: operation({
    function: 'access',
    access: 'caller',
    input,
    async run({ sessionId }, { manager }) {
      await manager.session(sessionId).revokeWorkspaceAccess();
      return { output: null };
    },
  }),
};

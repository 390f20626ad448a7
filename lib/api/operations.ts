import type * as z from 'zod/mini';
import { agentTokenOperations } from '../agent-tokens/agent-token-operations.ts';
import { limitOperations } from '../limits/limit-operations.ts';
import { mcpClientOperations } from '../mcp-clients/mcp-client-operations.ts';
import type { AnyOperation } from '../operations/operation.ts';
import { promptLayerOperations } from '../prompts/prompt-layer-operations.ts';
import { systemPromptOperations } from '../prompts/system-prompt-operations.ts';
import { reconcileOperations } from '../reconcile/reconcile-operations.ts';
import { sessionOperations } from '../sessions/session-operations.ts';
import { accessOperations } from '../workspaces/access-points/access-operations.ts';
import { directoryOperations } from '../workspaces/directory-operations.ts';
import { fileOperations } from '../workspaces/file-operations.ts';
import { moveOperations } from '../workspaces/moves/move-operations.ts';
import type { SessionManager } from '../sessions/session-manager.ts';
import { serviceOperations } from './service-operations.ts';

/** Every operation. Routes, the HTTP handler, direct invocation and the local server read this one list. */
export const operations = {
  ...sessionOperations,
  ...agentTokenOperations,
  ...reconcileOperations,
  ...serviceOperations,
  ...fileOperations,
  ...moveOperations,
  ...directoryOperations,
  ...systemPromptOperations,
  ...promptLayerOperations,
  ...limitOperations,
  ...mcpClientOperations,
  ...accessOperations,
} satisfies Record<string, AnyOperation<SessionManager>>;

export type OperationName = keyof typeof operations;
/** What callers send, and what they get. */
export type InputOf<Name extends OperationName> = z.input<(typeof operations)[Name]['input']>;
export type OutputOf<Name extends OperationName> = Awaited<ReturnType<(typeof operations)[Name]['run']>>['output'];

export function operationNamed(name: string): AnyOperation<SessionManager> | undefined {
  return Object.hasOwn(operations, name)
    ? (operations as Record<string, AnyOperation<SessionManager>>)[name]
    : undefined;
}

import type * as z from 'zod/mini';
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
import { serviceOperations } from './service-operations.ts';

/** The one list of what callers can ask for. Routes, both doors and the local server read it. */
export const operations = {
  ...sessionOperations,
  ...reconcileOperations,
  ...serviceOperations,
  ...fileOperations,
  ...directoryOperations,
  ...systemPromptOperations,
  ...promptLayerOperations,
  ...limitOperations,
  ...mcpClientOperations,
  ...accessOperations,
};

export type OperationName = keyof typeof operations;
/** What callers send, and what they get. */
export type InputOf<Name extends OperationName> = z.input<(typeof operations)[Name]['input']>;
export type OutputOf<Name extends OperationName> = Awaited<ReturnType<(typeof operations)[Name]['run']>>['output'];

export function operationNamed(name: string): AnyOperation | undefined {
  return Object.hasOwn(operations, name) ? (operations as Record<string, AnyOperation>)[name] : undefined;
}

import { accessOperations } from './access-operations.ts';
import { directoryOperations } from './directory-operations.ts';
import { fileOperations } from './file-operations.ts';
import { limitOperations } from './limit-operations.ts';
import { mcpOperations } from './mcp-operations.ts';
import type * as z from 'zod/mini';
import type { AnyOperation } from './operation.ts';
import { promptLayerOperations } from './prompt-layer-operations.ts';
import { promptOperations } from './prompt-operations.ts';
import { sessionOperations } from './session-operations.ts';

/** The one list of what callers can ask for. Routes, both doors and the local server read it. */
export const operations = {
  ...sessionOperations,
  ...fileOperations,
  ...directoryOperations,
  ...promptOperations,
  ...promptLayerOperations,
  ...limitOperations,
  ...mcpOperations,
  ...accessOperations,
};

export type OperationName = keyof typeof operations;
/** What callers send, and what they get. */
export type InputOf<Name extends OperationName> = z.input<(typeof operations)[Name]['input']>;
export type OutputOf<Name extends OperationName> = Awaited<ReturnType<(typeof operations)[Name]['run']>>['output'];

export function operationNamed(name: string): AnyOperation | undefined {
  return Object.hasOwn(operations, name) ? (operations as Record<string, AnyOperation>)[name] : undefined;
}

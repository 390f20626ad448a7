import { ValidationError } from '../errors.ts';
import { operationOf } from '../operations/operation.ts';
import type { ManagerOfFiles } from './session-files.ts';

const operation = operationOf<ManagerOfFiles>();
const ENCODED: Readonly<Record<string, string>> = { path: 'encodedPath', from: 'encodedFrom', to: 'encodedTo' };

/** An operation on a workspace. Where it refuses a path, it names the field that the caller gave: `encodedPath`, not `path`. */
export const workspaceOperation: typeof operation = (row) =>
  operation({
    ...row,
    run: (input, context) =>
      row.run(input, context).catch((thrown: unknown) => {
        throw thrown instanceof ValidationError ? naming(thrown, input as Record<string, unknown>) : thrown;
      }),
  });

function naming({ details }: ValidationError, input: Record<string, unknown>): ValidationError {
  const fieldOf = (path: string) => {
    const encoded = ENCODED[path];
    return encoded !== undefined && input[encoded] !== undefined ? encoded : path;
  };
  return new ValidationError(details.errors.map(({ path, message }) => ({ path: fieldOf(path), message })));
}

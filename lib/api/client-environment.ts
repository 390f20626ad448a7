import type { ApiFunction } from '../operations/operation.ts';

/** The variable that tells a `SessionManagerClient` the name or ARN of a function. */
export const functionVariable = (functionName: ApiFunction): string =>
  `SESSION_MANAGER_${functionName.toUpperCase()}_FUNCTION`;

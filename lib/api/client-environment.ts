import type { Group } from '../operations/operation.ts';

/** The variable that tells a `SessionManagerClient` the name or ARN of a group's function. */
export const functionVariable = (group: Group): string => `SESSION_MANAGER_${group.toUpperCase()}_FUNCTION`;

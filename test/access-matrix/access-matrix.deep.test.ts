import { describe } from '@jest/globals';
import { accessDoors } from './access-doors.ts';
import { CALLERS, type CallerName } from './callers.ts';
import { checkAccess } from './check-access.ts';

describe.each(Object.entries(accessDoors))('who may do what by %s', (_name, doorOf) => {
  checkAccess(doorOf, Object.keys(CALLERS) as CallerName[]);
});

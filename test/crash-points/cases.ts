import type { OperationName } from '../../lib/api/operations.ts';
import { MAX_SESSIONS, OWNER } from './crash-world.ts';
import { works, type Work } from './works.ts';

/** An operation in one of its cases. */
export interface CrashCase {
  name: string;
  operation: OperationName;
  work: Work;
}

/** Every operation, and further cases in which it makes other calls. */
export const cases: readonly CrashCase[] = [
  ...Object.entries(works).map(([name, work]) => ({ name, operation: name as OperationName, work })),
  {
    name: 'createSession in the place of an expired one',
    operation: 'createSession',
    work: {
      ...works.createSession,
      async prepare(services, world) {
        const create = (options = {}) => services.manager.createSession(OWNER.userId, OWNER.orgId, options);
        for (let taken = 1; taken < MAX_SESSIONS; taken++) await create();
        await create({ inactivitySeconds: 60 });
        world.clock.advance({ seconds: 61 });
        return works.createSession.prepare(services, world);
      },
      // It may be recorded, so it is not tried again.
      whenLost: ['MAX_SESSIONS_REACHED'],
    },
  },
];

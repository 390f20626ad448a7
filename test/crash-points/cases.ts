import type { OperationName } from '../../lib/api/operations.ts';
import { MAX_SESSIONS, OWNER, type CrashWorld } from './crash-world.ts';
import type { Services } from '../../lib/api/door-services.ts';
import { holds, invoke, works, type Work } from './works.ts';

/** An operation in one of its cases. */
export interface CrashCase {
  name: string;
  operation: OperationName;
  work: Work;
}

/** A session with a file at `a/b.txt`, and another at the end of the transfer. */
async function overFile(services: Services, world: CrashWorld) {
  const { sessionId, from } = await works.moveFile.prepare(services, world);
  await invoke(services, 'writeFile', { sessionId, path: 'c.txt', content: '' });
  return { sessionId, from, to: 'c.txt', overwrite: true };
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
  {
    name: 'moveFile of a directory',
    operation: 'moveFile',
    work: {
      prepare: (services, world) => works.copyFile.prepare(services, world),
      // The empty directory onto which it would have been renamed may be left.
      whenDoneBefore: ['FILE_NOT_FOUND', 'FILE_EXISTS'],
      seen: (services, { sessionId, to }) => holds('before', services, { sessionId, path: `${String(to)}/b.txt` }),
    },
  },
  { name: 'moveFile over a file', operation: 'moveFile', work: { ...works.moveFile, prepare: overFile } },
  {
    name: 'copyFile over a file',
    operation: 'copyFile',
    work: {
      prepare: overFile,
      seen: (services, { sessionId, to }) => holds('before', services, { sessionId, path: to }),
    },
  },
];

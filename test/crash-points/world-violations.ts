import { violations } from '../invariants/invariants.ts';
import { isSession, readState } from '../invariants/stored-state.ts';
import type { CrashWorld } from './crash-world.ts';
import { SECRET } from './works.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

/** What is wrong in a world at rest, in words, one line each: in the table, the workspaces and the access points. */
export async function worldViolations(world: CrashWorld): Promise<string[]> {
  return [...(await violations(world, { secrets: [SECRET] })), ...(await accessPointsOfNobody(world))];
}

async function accessPointsOfNobody({ client, config, root, efs }: CrashWorld): Promise<string[]> {
  const { items } = await readState({ client, tableName: config.tableName, root });
  const sessions = items.filter(isSession) as unknown as SessionItem[];
  const known = new Set(sessions.flatMap(({ workspaceAccess }) => workspaceAccess?.clientToken ?? []));
  return [...efs.points.values()].flatMap(({ ClientToken = '', AccessPointId }) =>
    known.has(ClientToken) ? [] : [`${AccessPointId} is of no session`],
  );
}

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { SessionItem } from '../../lib/store/table-schema.ts';
import type { CrashWorld } from './crash-world.ts';

type Item = Record<string, unknown> & { pk: string; sk: string };

/** What is wrong in a world at rest: in words, one line each; nothing when all is well. */
export async function violations(world: CrashWorld): Promise<string[]> {
  const items = await allItems(world);
  const sessions = items.filter(({ sk }) => sk === 'SESSION') as unknown as SessionItem[];
  return [
    ...seats(items, sessions),
    ...belongings(items, sessions),
    ...(await directories(world, sessions)),
    ...accessPoints(world, sessions),
  ];
}

async function allItems({ client, config }: CrashWorld): Promise<Item[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: config.tableName, ConsistentRead: true }));
  return Items.map((item) => unmarshall(item) as Item);
}

function seats(items: Item[], sessions: SessionItem[]): string[] {
  const taken = new Map<string, number>();
  for (const { pk, active = 0 } of items.filter(({ sk }) => sk === 'SEATS')) {
    const owner = pk.replace(/#ITEM#\d+$/, '');
    taken.set(owner, (taken.get(owner) ?? 0) + Number(active));
  }
  return [...taken].flatMap(([owner, active]) => {
    const expected = sessions.filter(({ orgId }) => owner === 'SEATS#GLOBAL' || owner.split('#')[2] === orgId).length;
    return active === expected ? [] : [`${owner} says ${active} of ${expected} sessions`];
  });
}

function belongings(items: Item[], sessions: SessionItem[]): string[] {
  const byId = new Map(sessions.map((session) => [session.id, session]));
  const found = sessions.flatMap(({ id, status }) => (status === 'active' ? [] : [`session ${id} is ${status}`]));
  for (const { pk, sk, ttl } of items) {
    // Such an item is nobody's belonging: it expires by itself.
    if (ttl !== undefined) continue;
    const [kind, id = ''] = pk.split('#');
    const session = kind === 'USER' ? byId.get(sk.split('#').at(-1) as string) : byId.get(id);
    if ((kind === 'USER' || kind === 'SESSION') && !session) found.push(`${pk} ${sk} is of no session`);
    if (sk.startsWith('MCP#') && !session?.mcpClientIds?.has(sk.slice('MCP#'.length)))
      found.push(`${sk} is not listed`);
  }
  const entries = items.filter(({ pk }) => pk.startsWith('USER#')).length;
  if (entries !== sessions.length) found.push(`${entries} list entries of ${sessions.length} sessions`);
  const clients = items.filter(({ sk }) => sk.startsWith('MCP#')).length;
  const listed = sessions.reduce((sum, { mcpClientIds }) => sum + (mcpClientIds?.size ?? 0), 0);
  if (clients !== listed) found.push(`${clients} MCP clients, ${listed} listed`);
  return found;
}

async function directories({ root }: CrashWorld, sessions: SessionItem[]): Promise<string[]> {
  const found: string[] = [];
  const expected = new Set(sessions.map(({ workspace }) => workspace));
  for (const name of await readdir(root)) {
    for (const inside of await readdir(path.join(root, name))) {
      const place = `${name}/${inside}`;
      if (!expected.delete(place) && name !== '.uploads') found.push(`${place} is of no session`);
      const { mode } = await stat(path.join(root, place));
      if ((mode & 0o777) !== 0o700) found.push(`${place} has mode ${(mode & 0o777).toString(8)}`);
    }
  }
  return [...found, ...[...expected].map((place) => `${place} is missing`)];
}

function accessPoints({ efs }: CrashWorld, sessions: SessionItem[]): string[] {
  const known = new Set(sessions.flatMap(({ workspaceAccess }) => workspaceAccess?.clientToken ?? []));
  return [...efs.points.values()].flatMap(({ ClientToken = '', AccessPointId }) =>
    known.has(ClientToken) ? [] : [`${AccessPointId} is of no session`],
  );
}

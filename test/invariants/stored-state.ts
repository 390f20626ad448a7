import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from '../../lib/table/keys.ts';
import { documentClient } from '../setup/document-client.ts';
import type { SessionItem } from '../../lib/table/session-item.ts';

export type StoredItem = Key & Record<string, unknown>;

/** With the place that is written down, beside the ids that places are made of. */
export type SessionRecord = Key & SessionItem & { workspace: string };

export const isSession = (item: StoredItem): item is StoredItem & SessionRecord => item.sk === 'SESSION';

/** Something below the workspace root: its path from there, and what it is. */
export interface Entry {
  path: string;
  type: 'directory' | 'file' | 'symlink' | 'other';
  mode: number;
  size: number;
  modifiedMs: number;
}

/** Everything that is stored: the whole table and the whole workspace root. */
export interface StoredState {
  items: StoredItem[];
  entries: Entry[];
}

/** Where it is stored. */
export interface StatePlace {
  client: DynamoDBClient;
  tableName: string;
  root: string;
}

export async function readState({ client, tableName, root }: StatePlace): Promise<StoredState> {
  const [items, entries] = await Promise.all([allItems(client, tableName), entriesBelow(root)]);
  return { items, entries };
}

async function allItems(client: DynamoDBClient, TableName: string): Promise<StoredItem[]> {
  const documents = documentClient(client);
  const items: StoredItem[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(new ScanCommand({ TableName, ExclusiveStartKey, ConsistentRead: true }));
    items.push(...((page.Items ?? []) as StoredItem[]));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
}

async function entriesBelow(root: string): Promise<Entry[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const entries = await Promise.all(
    found.map(async (entry) => {
      const at = path.join(entry.parentPath, entry.name);
      const { mode, size, mtimeMs } = await lstat(at);
      const type = entry.isDirectory()
        ? 'directory'
        : entry.isFile()
          ? 'file'
          : entry.isSymbolicLink()
            ? 'symlink'
            : 'other';
      return { path: path.relative(root, at), type, mode: mode & 0o777, size, modifiedMs: mtimeMs } as const;
    }),
  );
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

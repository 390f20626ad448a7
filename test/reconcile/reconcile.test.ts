import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BatchWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { mcpClientKey, promptKey, sessionKey, userEntryKey, type Key } from '../../lib/table/keys.ts';
import { readState } from '../invariants/stored-state.ts';
import { recordingServer, type RecordingServer } from '../mcp-clients/recording-server.ts';
import { ADA, ageDirectories, DamagedStack, NONE } from './damaged-stack.ts';

/** What is damaged behind the manager's back is found, told and put right. */
describe('a reconcile', () => {
  let own: DamagedStack;
  beforeEach(async () => {
    own = await DamagedStack.make();
  });
  afterEach(() => own.close());

  test('finds nothing where all is well, and is an operator’s', async () => {
    await own.isPutRight({}, { existing: [own.session.id, own.other.id] });
    await expect(own.stack.manager.as({ kind: 'admin', ...ADA }).reconciler.run()).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  describe('of MCP clients', () => {
    let server: RecordingServer;
    beforeEach(async () => {
      server = await recordingServer();
      await own.session.addMcpClient({ id: 'a.b', type: 'http', endpoint: server.url });
      await own.session.addMcpClient({ id: 'tools', type: 'http', endpoint: server.url });
    });
    afterEach(() => server.close());
    const listed = async () => (await own.stack.manager.getSession(own.session.id)).getSessionInfo().mcpClientIds;

    test('finds nothing where sessions and clients fit', async () => {
      await own.isPutRight({}, { existing: [own.session.id, own.other.id] });
    });

    test('forgets one that is lost, and it can be added again', async () => {
      await own.remove(mcpClientKey(own.session.id, 'a.b'));
      await own.isPutRight({ 'mcp-client': 1 });
      expect(await listed()).toEqual(['tools']);
      await own.session.addMcpClient({ id: 'a.b', type: 'http', endpoint: server.url });
      expect(await listed()).toEqual(['a.b', 'tools']);
    });

    test('lists one again that its session has lost, also over the limit of clients', async () => {
      await own.documents().send(
        new UpdateCommand({
          TableName: own.table,
          Key: sessionKey(own.session.id),
          UpdateExpression: 'REMOVE mcpClientIds',
        }),
      );
      await own.session.addMcpClient({ id: 'more', type: 'http', endpoint: server.url });
      await own.session.addMcpClient({ id: 'most', type: 'http', endpoint: server.url });
      await own.isPutRight({ 'mcp-client': 2 });
      expect(await listed()).toEqual(['a.b', 'more', 'most', 'tools']);
    });
  });

  test('gives a session whose directory is gone an empty one, and says so', async () => {
    await own.session.files.write('notes.txt', Buffer.from('lost'));
    await rm(own.session.getWorkspacePath(), { recursive: true });
    await own.isPutRight({ 'missing-directory': 1 }, { existing: [own.session.id] });
    await own.session.files.write('notes.txt', Buffer.from('new'));
    expect((await stat(own.session.getWorkspacePath())).mode & 0o777).toBe(0o700);
  });

  test('throws away a directory of no session, unless it was changed a moment ago', async () => {
    await mkdir(path.join(own.stack.root, 'eve', 'some'), { recursive: true });
    await writeFile(path.join(own.stack.root, 'eve', 'some', 'file'), 'text');
    expect(await own.look()).toEqual(NONE);
    await ageDirectories(own.stack);
    await own.isPutRight({ 'stray-directory': 1 }, { existing: [own.session.id, own.other.id] });
  });

  test('puts right what a lost record leaves: counters, list entry, prompt, directory', async () => {
    await own.remove(sessionKey(own.session.id));
    await ageDirectories(own.stack);
    await own.isPutRight({ counter: 3, 'stray-directory': 1, 'stray-item': 2 }, { existing: [own.other.id] });
  });

  test('removes a prompt and an MCP client of no session', async () => {
    const gone = '01a2045b-8d44-72e6-97c0-cb9917303a81';
    const puts = [promptKey(gone), mcpClientKey(gone, 'tools')].map((Item) => ({ PutRequest: { Item } }));
    await own.documents().send(new BatchWriteCommand({ RequestItems: { [own.table]: puts } }));
    await own.isPutRight({ 'stray-item': 2 });
  });

  test('puts a session back into its user’s list', async () => {
    await own.remove(userEntryKey(ADA, own.session.id));
    await own.isPutRight({ 'missing-entry': 1 }, { existing: [own.session.id] });
    expect((await own.stack.manager.listSessions('ada')).sessions).toHaveLength(1);
  });

  test('fits a table that was restored to an older point to the directories there are', async () => {
    const place = { client: own.stack.client, tableName: own.table, root: own.stack.root };
    const { items: old } = await readState(place);
    await own.stack.manager.cleanupSession(own.session.id);
    const later = await own.stack.manager.createSession('ada', 'acme');
    await restore(old, (await readState(place)).items);
    await ageDirectories(own.stack);
    await own.isPutRight(
      { 'missing-directory': 1, 'stray-directory': 1 },
      { existing: [own.session.id], ended: [later.id] },
    );
  });

  async function restore(old: Key[], now: Key[]): Promise<void> {
    for (const { pk, sk } of now) await own.remove({ pk, sk });
    const puts = old.map((Item) => ({ PutRequest: { Item } }));
    await own.documents().send(new BatchWriteCommand({ RequestItems: { [own.table]: puts } }));
  }
});

import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Session } from '../../lib/sessions/session.ts';
import { sessionKey } from '../../lib/table/keys.ts';
import { documentClient } from '../setup/document-client.ts';
import { newStack, type TestStack } from '../setup/test-stack.ts';

const SECRET = 'a note of somebody else';
const NODE = process.execPath;

/** Whoever writes the table chooses what a session's item says, and with that no path. */
describe('a session whose item was forged', () => {
  let stack: TestStack;
  let session: Session;
  let neighbour: Session;
  let outside: string;
  beforeEach(async () => {
    stack = await newStack({ MCP_STDIO_COMMANDS: NODE, MAX_SESSIONS: '20' });
    session = await stack.manager.createSession('ada', 'acme');
    neighbour = await stack.manager.createSession('ada', 'acme');
    outside = `${stack.root}-outside`;
    await fill(outside);
    await fill(neighbour.getWorkspacePath());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stack.close();
    await rm(outside, { recursive: true });
  });

  async function fill(directory: string): Promise<void> {
    await mkdir(path.join(directory, 'below'), { recursive: true });
    for (const file of ['note.txt', 'below/note.txt']) await writeFile(path.join(directory, file), SECRET);
  }
  const filesIn = async (directory: string) => (await readdir(directory, { recursive: true })).sort();
  const FILES = ['below', 'below/note.txt', 'note.txt'];

  const table = () => stack.config.tableName;
  const documents = () => documentClient(stack.client);
  const forge = (attribute: string, value: string) =>
    documents().send(
      new UpdateCommand({
        TableName: table(),
        Key: sessionKey(session.id),
        UpdateExpression: 'SET #name = :value',
        ExpressionAttributeNames: { '#name': attribute },
        ExpressionAttributeValues: { ':value': value },
      }),
    );

  /** Everything that makes a path of a session; gives what was answered, and where MCP servers would have begun. */
  async function everything(sessionId: string): Promise<string> {
    const { files } = stack.manager.session(sessionId);
    const workspacePaths: string[] = [];
    jest.spyOn(stack.parts.mcp, 'connect').mockImplementation(async ({ workspacePath }) => {
      workspacePaths.push(workspacePath);
      throw new Error('not connected');
    });
    const answers: unknown[] = [];
    for (const work of [
      async () => (await stack.manager.getSession(sessionId)).getSessionInfo(),
      async () => (await stack.manager.listSessions('ada')).sessions.map((each) => each.getSessionInfo()),
      async () => String(((await files.read('note.txt')) as { bytes: Buffer }).bytes),
      () => files.list('', 10),
      () => files.usage(),
      () => files.write('below/planted.txt', Buffer.from('planted')),
      () => files.makeDirectory('made'),
      () => files.copy('note.txt', 'copied.txt'),
      () => files.move('note.txt', 'moved.txt'),
      () => files.delete('note.txt'),
      () => files.removeDirectory('below', true),
      () => stack.manager.session(sessionId).addMcpClient({ id: 'x', type: 'stdio', command: NODE, args: [] }),
      () => stack.manager.as({ kind: 'operator' }).reconciler.run({ repair: true }),
      () => stack.manager.cleanupSession(sessionId),
      () => stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions(),
    ])
      answers.push(await work().catch((thrown: unknown) => String(thrown)));
    return JSON.stringify([answers, workspacePaths]);
  }

  test.each([
    ['workspace', () => `../${path.basename(outside)}`],
    ['workspace', () => `ada/${neighbour.id}`],
    ['workspace', () => '.trash'],
    ['id', () => `../../${path.basename(outside)}`],
    ['id', () => neighbour.id],
    ['id', () => '..'],
  ])('by its %s (%#) is found by the ids that were asked for, works and ends', async (attribute, value) => {
    await forge(attribute, value());
    const answered = await everything(session.id);
    expect(answered).not.toContain(SECRET);
    expect(answered.split(stack.root).filter((_, index) => index > 0)).not.toHaveLength(0);
    for (const [, below] of answered.matchAll(new RegExp(`${stack.root}([^"]*)"`, 'g'))) {
      expect([`/ada/${session.id}`, `/ada/${neighbour.id}`]).toContain(below);
    }
    expect(await filesIn(outside)).toEqual(FILES);
    expect(await filesIn(neighbour.getWorkspacePath())).toEqual(FILES);
    expect(await readdir(path.join(stack.root, 'ada'))).toEqual([neighbour.id]);
    expect(await stack.manager.countAllSessions()).toBe(1);
  });

  test('without a user has not the directory of the user who has its id as a name', async () => {
    const victim = await stack.manager.createSession(session.id, 'acme');
    await fill(victim.getWorkspacePath());
    await forge('userId', '');
    expect(await everything(session.id)).not.toContain(SECRET);
    expect(await filesIn(victim.getWorkspacePath())).toEqual(FILES);
  });

  test('under a key that is a path is none: it is neither worked in nor ended', async () => {
    const { Item } = await documents().send(new GetCommand({ TableName: table(), Key: sessionKey(session.id) }));
    const id = `../../${path.basename(outside)}`;
    for (const status of ['active', 'ending']) {
      await documents().send(
        new PutCommand({ TableName: table(), Item: { ...Item, ...sessionKey(id), id, status, due: '0' } }),
      );
      await mkdir(path.join(stack.root, '.pending', randomUUID()), { recursive: true });
      expect(await everything(id)).not.toContain(SECRET);
      expect(await filesIn(outside)).toEqual(FILES);
    }
  });

  test('by a name that listing gives keeps to the place it was found in', async () => {
    const { paths } = stack.parts.workspaces;
    for (const name of ['..', '.', '', '../x', 'a/b', '/etc', 'a\0']) {
      expect(() => paths.pendingOf(name)).toThrow();
      expect(() => paths.uploadsOf(name)).toThrow();
      expect(() => paths.trashed(name)).toThrow();
      expect(() => paths.found(name)).toThrow();
      expect(() => paths.found('ada', name)).toThrow();
      expect(() => paths.placeOf({ userId: 'ada', id: name })).toThrow();
    }
    await cp(outside, path.join(stack.root, '.trash', 'plain'), { recursive: true });
    await stack.manager.cleanupInactiveSessions();
    expect(await readdir(path.join(stack.root, '.trash'))).toEqual([]);
  });
});

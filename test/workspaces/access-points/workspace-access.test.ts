import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AccessPointDescription } from '@aws-sdk/client-efs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { streamHandler } from '../../../lib/api/stream-handler.ts';
import type { SessionManagerError } from '../../../lib/errors.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { sessionKey } from '../../../lib/table/keys.ts';
import { WorkspaceAccessStore } from '../../../lib/workspaces/access-points/workspace-access-store.ts';
import { DynamoTable } from '../../../lib/table/dynamo-table.ts';
import type { SessionItem } from '../../../lib/table/session-item.ts';
import { WorkspaceAccess } from '../../../lib/workspaces/access-points/workspace-access.ts';
import { efsAccessPoints } from '../../../lib/workspaces/access-points/efs-access-points.ts';
import { atFirst, inject } from '../../faults/dynamodb-faults.ts';
import { documentClient } from '../../setup/document-client.ts';
import { newStack, type TestStack } from '../../setup/test-stack.ts';
import { changesOf, newAccessStack, otherManager, PLACE } from './access-stack.ts';
import { EfsServer, FILE_SYSTEM } from './efs-server.ts';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'went well',
    (thrown: SessionManagerError) => thrown.code,
  );

const tableOf = ({ client, config }: TestStack) => new DynamoTable(client, config.tableName);

describe('workspace access', () => {
  let efs: EfsServer;
  let stack: TestStack;
  let session: Session;
  let directory: string;

  beforeAll(async () => {
    efs = await EfsServer.start();
  });
  afterAll(() => efs?.stop());
  beforeEach(async () => {
    efs.reset();
    stack = await newAccessStack(efs);
    session = await stack.manager.createSession('ada', 'acme');
    directory = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
  });
  afterEach(async () => {
    await stack.close();
    await rm(directory, { recursive: true });
  });

  const points = () => [...efs.points.values()];
  const known = async () => (await stack.parts.store.get(session.id))?.workspaceAccess;
  /** What `session-events` does with all that happened. */
  const hear = async () => streamHandler(() => stack)({ Records: await changesOf(stack, directory) });

  test('is an access point at the session’s directory, for the functions’ user, that makes no directory', async () => {
    const info = await session.grantWorkspaceAccess();
    const [point] = points();
    expect(info).toEqual({
      fileSystemId: FILE_SYSTEM,
      accessPointId: point?.AccessPointId,
      accessPointArn: point?.AccessPointArn,
    });
    expect(efs.asked[0]?.body).toMatchObject({
      FileSystemId: FILE_SYSTEM,
      PosixUser: { Uid: 1000, Gid: 1000 },
      RootDirectory: { Path: `/workspaces/${path.relative(stack.root, session.getWorkspacePath())}` },
    });
    expect(efs.asked[0]?.body.RootDirectory).not.toHaveProperty('CreationInfo');
    expect(efs.asked[0]?.body.ClientToken?.startsWith(session.id)).toBe(true);
    const tags = Object.fromEntries((point?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    expect(tags).toMatchObject({
      'session-manager:session': session.id,
      'session-manager:user': 'ada',
      'session-manager:organisation': 'acme',
      'session-manager:file-system': FILE_SYSTEM,
    });
    expect(point?.LifeCycleState).toBe('available');
    expect(stack.audited.at(-1)).toMatchObject({
      operation: 'grantWorkspaceAccess',
      result: 'success',
      accessPointId: info.accessPointId,
    });
  });

  test('fits into what EFS allows, whatever the ids of user and organisation', async () => {
    const ids = ['x'.repeat(128), '#'.repeat(128), '🦊'.repeat(32), '../../etc', 'a b\u3000c', 'Jürgen/“A”'];
    for (const id of ids) {
      const own = await stack.manager.createSession(id, id);
      expect(await own.grantWorkspaceAccess()).toMatchObject({ fileSystemId: FILE_SYSTEM });
    }
    expect(points()).toHaveLength(ids.length);
  });

  test('is the same until it is revoked, then another; a revoke of none is no error', async () => {
    await session.revokeWorkspaceAccess();
    const first = await session.grantWorkspaceAccess();
    expect(await session.grantWorkspaceAccess()).toEqual(first);
    expect(efs.count('CreateAccessPoint')).toBe(1);
    await session.revokeWorkspaceAccess();
    expect(points()).toEqual([]);
    expect(await known()).toBeUndefined();
    await session.revokeWorkspaceAccess();
    const second = await session.grantWorkspaceAccess();
    expect(second.accessPointId).not.toBe(first.accessPointId);
    expect(points()).toHaveLength(1);
  });

  test('is waited for until it can be mounted', async () => {
    efs.looksUntilAvailable = 2;
    const { accessPointId } = await session.grantWorkspaceAccess();
    expect(efs.points.get(accessPointId)?.LifeCycleState).toBe('available');
  });

  test('is made once for twenty requests at once over two instances', async () => {
    efs.looksUntilAvailable = 1;
    const other = otherManager(stack, efs);
    const grant = (n: number) => (n % 2 ? stack : other).manager.session(session.id).grantWorkspaceAccess();
    const granted = await Promise.all(Array.from({ length: 20 }, (_, n) => grant(n)));
    other.close();
    expect(points()).toHaveLength(1);
    expect(new Set(granted.map(({ accessPointId }) => accessPointId))).toEqual(new Set([points()[0]?.AccessPointId]));
    const created = efs.asked.filter(({ action }) => action === 'CreateAccessPoint');
    expect(new Set(created.map(({ body }) => body.ClientToken)).size).toBe(1);
    expect(await known()).toMatchObject({ accessPointId: points()[0]?.AccessPointId });
  });

  test('is the owner’s, an admin’s or an operator’s; to others the session does not exist', async () => {
    const as = (caller: Parameters<typeof stack.manager.as>[0]) => stack.manager.as(caller).session(session.id);
    for (const stranger of [
      as({ kind: 'user', userId: 'bob', orgId: 'acme' }),
      as({ kind: 'admin', userId: 'ada', orgId: 'other' }),
    ]) {
      expect(await codeOf(stranger.grantWorkspaceAccess())).toBe('SESSION_NOT_FOUND');
      expect(await codeOf(stranger.revokeWorkspaceAccess())).toBe('SESSION_NOT_FOUND');
    }
    expect(efs.asked).toEqual([]);
    const owner = await as({ kind: 'user', userId: 'ada', orgId: 'acme' }).grantWorkspaceAccess();
    expect(await as({ kind: 'admin', userId: 'eve', orgId: 'acme' }).grantWorkspaceAccess()).toEqual(owner);
  });

  test('ends with the session, and only with that', async () => {
    const neighbour = await stack.manager.createSession('bob', 'acme');
    const theirs = await neighbour.grantWorkspaceAccess();
    await session.grantWorkspaceAccess();
    await stack.manager.createSession('carol', 'acme').then(({ id }) => stack.manager.cleanupSession(id));
    await stack.manager.cleanupSession(session.id);
    expect(points()).toHaveLength(2);
    expect(await hear()).toEqual({ batchItemFailures: [] });
    expect(points().map(({ AccessPointId }) => AccessPointId)).toEqual([theirs.accessPointId]);
    expect(await hear()).toEqual({ batchItemFailures: [] });
  });

  // Whoever writes the table could have had them: it gave away, and removed, what stood there.
  describe('of a session whose item was forged', () => {
    const forge = (name: string, value: unknown) =>
      documentClient(stack.client).send(
        new UpdateCommand({
          TableName: stack.config.tableName,
          Key: sessionKey(session.id),
          UpdateExpression: 'SET #name = :value',
          ExpressionAttributeNames: { '#name': name },
          ExpressionAttributeValues: { ':value': value },
        }),
      );

    test('leads to its own directory, wherever the item says that is', async () => {
      await forge('workspace', '..');
      await session.grantWorkspaceAccess();
      expect(points()[0]?.RootDirectory?.Path).toBe(`/workspaces/ada/${session.id}`);
    });

    test.each([
      ['id', ({ AccessPointId = '' }) => ({ clientToken: 'forged', accessPointId: AccessPointId })],
      ['token', ({ ClientToken = '' }) => ({ clientToken: ClientToken })],
    ] as [string, (point: AccessPointDescription) => object][])(
      'is not another session’s, by whose %s it is',
      async (_by, stateOf) => {
        const neighbour = await stack.manager.createSession('bob', 'acme');
        const theirs = await neighbour.grantWorkspaceAccess();
        const state = stateOf(points()[0] as AccessPointDescription);
        await forge('workspaceAccess', state);
        await session.revokeWorkspaceAccess();
        await forge('workspaceAccess', state);
        expect((await session.grantWorkspaceAccess()).accessPointId).not.toBe(theirs.accessPointId);
        await forge('workspaceAccess', state);
        await stack.manager.cleanupSession(session.id);
        expect(await hear()).toEqual({ batchItemFailures: [] });
        expect(efs.points.has(theirs.accessPointId)).toBe(true);
        expect(await neighbour.grantWorkspaceAccess()).toEqual(theirs);
      },
    );
  });

  test('that EFS does not remove now is told again', async () => {
    await session.grantWorkspaceAccess();
    await stack.manager.cleanupSession(session.id);
    const records = await changesOf(stack, directory);
    efs.fail('DeleteAccessPoint', 4, { status: 500, code: 'InternalServerError' });
    const { batchItemFailures } = await streamHandler(() => stack)({ Records: records });
    expect(batchItemFailures).toHaveLength(1);
    expect(points()).toHaveLength(1);
    expect(await streamHandler(() => stack)({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(points()).toEqual([]);
  });

  test('that is being made while the session ends is not kept', async () => {
    efs.onCreated = async () => stack.manager.cleanupSession(session.id);
    expect(await codeOf(session.grantWorkspaceAccess())).toBe('SESSION_NOT_FOUND');
    expect(points()).toEqual([]);
    expect(await hear()).toEqual({ batchItemFailures: [] });
  });

  test('that is being made while it is revoked is not kept: the grant that goes on makes another', async () => {
    let revoked: string | undefined;
    efs.onCreated = async ({ AccessPointId }) => {
      if (revoked !== undefined) return;
      revoked = AccessPointId;
      await stack.manager.session(session.id).revokeWorkspaceAccess();
    };
    const { accessPointId } = await session.grantWorkspaceAccess();
    expect(accessPointId).not.toBe(revoked);
    expect(points().map(({ AccessPointId }) => AccessPointId)).toEqual([accessPointId]);
    expect(await known()).toMatchObject({ accessPointId });
  });

  test('that is made between the look and the last step of a revoke is not kept either', async () => {
    await new WorkspaceAccessStore(tableOf(stack)).begin(session.id, `${session.id}-begun`);
    const stop = inject(stack.client, {
      before: atFirst(1, 'UpdateItemCommand', async () => {
        await other.manager.session(session.id).grantWorkspaceAccess();
        expect(points()).toHaveLength(1);
      }),
    });
    const other = otherManager(stack, efs);
    await session.revokeWorkspaceAccess();
    stop();
    other.close();
    expect(points()).toEqual([]);
    expect(await known()).toBeUndefined();
  });

  describe('whose making was cut off before anybody knew its id', () => {
    beforeEach(async () => {
      const stop = inject(stack.client, {
        before: atFirst(99, 'UpdateItemCommand', (input) => {
          if (JSON.stringify(input).includes('accessPointId = :id')) throw new Error('crashed');
        }),
      });
      await expect(session.grantWorkspaceAccess()).rejects.toThrow('crashed');
      stop();
      expect(points()).toHaveLength(1);
      expect(await known()).toEqual({ clientToken: points()[0]?.ClientToken });
    });

    test('is what the next grant finds', async () => {
      expect(await session.grantWorkspaceAccess()).toMatchObject({ accessPointId: points()[0]?.AccessPointId });
      expect(points()).toHaveLength(1);
    });

    test('is found by a revoke', async () => {
      efs.pageSize = 1;
      for (let other = 0; other < 4; other++) efs.put({});
      await session.revokeWorkspaceAccess();
      expect(points().filter(({ ClientToken }) => ClientToken)).toEqual([]);
      expect(points()).toHaveLength(4);
      expect(await known()).toBeUndefined();
    });

    test('ends with the session all the same', async () => {
      efs.pageSize = 1;
      for (let other = 0; other < 4; other++) efs.put({});
      await stack.manager.cleanupSession(session.id);
      expect(await hear()).toEqual({ batchItemFailures: [] });
      expect(points().filter(({ ClientToken }) => ClientToken)).toEqual([]);
    });
  });

  test('is found again when the answer to its making was lost', async () => {
    efs.fail('CreateAccessPoint', 1, 'lost');
    const { accessPointId } = await session.grantWorkspaceAccess();
    expect(points().map(({ AccessPointId }) => AccessPointId)).toEqual([accessPointId]);
    expect(efs.count('CreateAccessPoint')).toBe(2);
  });

  test('that somebody removed by other means is made again', async () => {
    const { accessPointId } = await session.grantWorkspaceAccess();
    efs.points.delete(accessPointId);
    const again = await session.grantWorkspaceAccess();
    expect(points().map(({ AccessPointId }) => AccessPointId)).toEqual([again.accessPointId]);
  });

  test('is revoked also where what is gone cannot be removed once more', async () => {
    efs.refusesToDeleteWhatIsGone = true;
    const { accessPointId } = await session.grantWorkspaceAccess();
    efs.points.delete(accessPointId);
    await session.revokeWorkspaceAccess();
    expect(await known()).toBeUndefined();
    await session.grantWorkspaceAccess();
    efs.fail('DeleteAccessPoint', 1, { status: 403, code: 'AccessDeniedException' });
    await expect(session.revokeWorkspaceAccess()).rejects.toThrow('AccessDeniedException');
    expect(points()).toHaveLength(1);
  });

  test('outlasts throttling, up to a point', async () => {
    efs.fail('CreateAccessPoint', 2, { status: 429, code: 'ThrottlingException' });
    await session.grantWorkspaceAccess();
    expect(efs.count('CreateAccessPoint')).toBe(3);
    efs.fail('DescribeAccessPoints', 4, { status: 429, code: 'TooManyRequests' });
    expect(await codeOf(session.grantWorkspaceAccess())).toBe('CONTENTION');
  });

  test.each([
    ['AccessPointLimitExceeded', 403, 'WORKSPACE_ACCESS_LIMIT'],
    ['IncorrectFileSystemLifeCycleState', 409, 'CONTENTION'],
    ['InternalServerError', 500, 'CONTENTION'],
  ])('%s becomes %s %s, and a later request goes well', async (code, status, expected) => {
    efs.fail('CreateAccessPoint', 4, { status, code });
    const refused = await session.grantWorkspaceAccess().catch((thrown: SessionManagerError) => thrown);
    expect(refused).toMatchObject({ code: expected });
    expect(JSON.stringify([(refused as Error).message, refused])).not.toContain('says EFS');
    efs.mend();
    await session.grantWorkspaceAccess();
    expect(points()).toHaveLength(1);
  });

  test('at the quota is refused, and possible when another has ended', async () => {
    efs.quota = 1;
    const other = await stack.manager.createSession('bob', 'acme');
    await other.grantWorkspaceAccess();
    expect(await codeOf(session.grantWorkspaceAccess())).toBe('WORKSPACE_ACCESS_LIMIT');
    await other.revokeWorkspaceAccess();
    await session.grantWorkspaceAccess();
    expect(points()).toHaveLength(1);
  });

  describe('in a hurry', () => {
    const hurried = (grantMs: number) => {
      const store = new WorkspaceAccessStore(tableOf(stack));
      const times = { grantMs, lookMs: 50, removeMs: 2_000 };
      return new WorkspaceAccess(store, efsAccessPoints(PLACE, efs.settings), stack.log, times);
    };
    const opened = async () => (await stack.parts.store.get(session.id)) as SessionItem;
    const grant = async (grantMs = 15_000) => hurried(grantMs).grant(await opened(), new Date());

    test('that never becomes available leaves nothing behind', async () => {
      efs.looksUntilAvailable = Infinity;
      expect(await codeOf(grant(600))).toBe('CONTENTION');
      expect(points()).toEqual([]);
      expect(await known()).toBeUndefined();
    });

    test('that EFS gives up is made again', async () => {
      efs.becomes = 'error';
      expect(await codeOf(grant())).toBe('CONTENTION');
      expect(efs.count('CreateAccessPoint')).toBe(3);
      expect(points()).toEqual([]);
      efs.becomes = 'available';
      await grant();
      expect(points()).toHaveLength(1);
    });
  });

  test('is not available without such a file system, but only the owner is told that', async () => {
    const local = await newStack();
    try {
      const { id } = await local.manager.createSession('ada', 'acme');
      expect(await codeOf(local.manager.session(id).grantWorkspaceAccess())).toBe('NOT_AVAILABLE');
      expect(await codeOf(local.manager.session(id).revokeWorkspaceAccess())).toBe('NOT_AVAILABLE');
      const stranger = local.manager.as({ kind: 'user', userId: 'bob', orgId: 'acme' }).session(id);
      expect(await codeOf(stranger.grantWorkspaceAccess())).toBe('SESSION_NOT_FOUND');
    } finally {
      await local.close();
    }
  });
});

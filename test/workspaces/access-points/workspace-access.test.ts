import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newStack } from '../../setup/test-stack.ts';
import { otherManager } from './access-stack.ts';
import { EfsServer, FILE_SYSTEM } from './efs-server.ts';
import { SessionToMount } from './session-to-mount.ts';
import { codeOf } from '../../setup/code-of.ts';

describe('workspace access', () => {
  let efs: EfsServer;
  let own: SessionToMount;
  beforeAll(async () => {
    efs = await EfsServer.start();
  });
  afterAll(() => efs?.stop());
  beforeEach(async () => {
    own = await SessionToMount.make(efs);
  });
  afterEach(() => own.close());

  test('is an access point at the session’s directory, for the functions’ user, that makes no directory', async () => {
    const info = await own.session.grantWorkspaceAccess();
    const [point] = own.points();
    expect(info).toEqual({
      fileSystemId: FILE_SYSTEM,
      accessPointId: point?.AccessPointId,
      accessPointArn: point?.AccessPointArn,
    });
    expect(efs.asked[0]?.body).toMatchObject({
      FileSystemId: FILE_SYSTEM,
      PosixUser: { Uid: 1000, Gid: 1000 },
      RootDirectory: { Path: `/workspaces/${path.relative(own.stack.root, own.session.getWorkspacePath())}` },
    });
    expect(efs.asked[0]?.body.RootDirectory).not.toHaveProperty('CreationInfo');
    expect(efs.asked[0]?.body.ClientToken?.startsWith(own.session.id)).toBe(true);
    const tags = Object.fromEntries((point?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    expect(tags).toMatchObject({
      'session-manager:session': own.session.id,
      'session-manager:user': 'ada',
      'session-manager:organisation': 'acme',
      'session-manager:file-system': FILE_SYSTEM,
    });
    expect(point?.LifeCycleState).toBe('available');
    expect(own.stack.audited.at(-1)).toMatchObject({
      operation: 'grantWorkspaceAccess',
      result: 'success',
      accessPointId: info.accessPointId,
    });
  });

  test('fits into what EFS allows, whatever the ids of user and organisation', async () => {
    const ids = ['x'.repeat(128), '#'.repeat(128), '🦊'.repeat(32), '../../etc', 'a b\u3000c', 'Jürgen/“A”'];
    for (const id of ids) {
      const session = await own.stack.manager.createSession(id, id);
      expect(await session.grantWorkspaceAccess()).toMatchObject({ fileSystemId: FILE_SYSTEM });
    }
    expect(own.points()).toHaveLength(ids.length);
  });

  test('is the same until it is revoked, then another; a revoke of none is no error', async () => {
    await own.session.revokeWorkspaceAccess();
    const first = await own.session.grantWorkspaceAccess();
    expect(await own.session.grantWorkspaceAccess()).toEqual(first);
    expect(efs.count('CreateAccessPoint')).toBe(1);
    await own.session.revokeWorkspaceAccess();
    expect(own.points()).toEqual([]);
    expect(await own.known()).toBeUndefined();
    await own.session.revokeWorkspaceAccess();
    const second = await own.session.grantWorkspaceAccess();
    expect(second.accessPointId).not.toBe(first.accessPointId);
    expect(own.points()).toHaveLength(1);
  });

  test('is waited for until it can be mounted', async () => {
    efs.looksUntilAvailable = 2;
    const { accessPointId } = await own.session.grantWorkspaceAccess();
    expect(efs.points.get(accessPointId)?.LifeCycleState).toBe('available');
  });

  test('is made once for twenty requests at once over two instances', async () => {
    efs.looksUntilAvailable = 1;
    const other = otherManager(own.stack, efs);
    const grant = (n: number) => (n % 2 ? own.stack : other).manager.session(own.session.id).grantWorkspaceAccess();
    const granted = await Promise.all(Array.from({ length: 20 }, (_, n) => grant(n)));
    other.close();
    expect(own.points()).toHaveLength(1);
    expect(new Set(granted.map(({ accessPointId }) => accessPointId))).toEqual(
      new Set([own.points()[0]?.AccessPointId]),
    );
    const created = efs.asked.filter(({ action }) => action === 'CreateAccessPoint');
    expect(new Set(created.map(({ body }) => body.ClientToken)).size).toBe(1);
    expect(await own.known()).toMatchObject({ accessPointId: own.points()[0]?.AccessPointId });
  });

  test('is the owner’s, an admin’s or an operator’s; to others the session does not exist', async () => {
    const as = (caller: Parameters<typeof own.stack.manager.as>[0]) =>
      own.stack.manager.as(caller).session(own.session.id);
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

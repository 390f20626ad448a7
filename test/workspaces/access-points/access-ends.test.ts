import type { AccessPointDescription } from '@aws-sdk/client-efs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { streamHandler } from '../../../lib/api/stream-handler.ts';
import { sessionKey } from '../../../lib/table/keys.ts';
import { atFirst, inject } from '../../faults/dynamodb-faults.ts';
import { documentClient } from '../../setup/document-client.ts';
import { otherManager } from './access-stack.ts';
import { EfsServer } from './efs-server.ts';
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

  test('ends with the session, and only with that', async () => {
    const neighbour = await own.stack.manager.createSession('bob', 'acme');
    const theirs = await neighbour.grantWorkspaceAccess();
    await own.session.grantWorkspaceAccess();
    await own.stack.manager.createSession('carol', 'acme').then(({ id }) => own.stack.manager.cleanupSession(id));
    await own.stack.manager.cleanupSession(own.session.id);
    expect(own.points()).toHaveLength(2);
    expect(await own.hear()).toEqual({ batchItemFailures: [] });
    expect(own.points().map(({ AccessPointId }) => AccessPointId)).toEqual([theirs.accessPointId]);
    expect(await own.hear()).toEqual({ batchItemFailures: [] });
  });

  // Whoever writes the table could have had them: it gave away, and removed, what stood there.
  describe('of a session whose item was forged', () => {
    const forge = (name: string, value: unknown) =>
      documentClient(own.stack.client).send(
        new UpdateCommand({
          TableName: own.stack.config.tableName,
          Key: sessionKey(own.session.id),
          UpdateExpression: 'SET #name = :value',
          ExpressionAttributeNames: { '#name': name },
          ExpressionAttributeValues: { ':value': value },
        }),
      );

    test('leads to its own directory, wherever the item says that is', async () => {
      await forge('workspace', '..');
      await own.session.grantWorkspaceAccess();
      expect(own.points()[0]?.RootDirectory?.Path).toBe(`/workspaces/ada/${own.session.id}`);
    });

    test.each([
      ['id', ({ AccessPointId = '' }) => ({ clientToken: 'forged', accessPointId: AccessPointId })],
      ['token', ({ ClientToken = '' }) => ({ clientToken: ClientToken })],
    ] as [string, (point: AccessPointDescription) => object][])(
      'is not another session’s, by whose %s it is',
      async (_by, stateOf) => {
        const neighbour = await own.stack.manager.createSession('bob', 'acme');
        const theirs = await neighbour.grantWorkspaceAccess();
        const state = stateOf(own.points()[0] as AccessPointDescription);
        await forge('workspaceAccess', state);
        await own.session.revokeWorkspaceAccess();
        await forge('workspaceAccess', state);
        expect((await own.session.grantWorkspaceAccess()).accessPointId).not.toBe(theirs.accessPointId);
        await forge('workspaceAccess', state);
        await own.stack.manager.cleanupSession(own.session.id);
        expect(await own.hear()).toEqual({ batchItemFailures: [] });
        expect(efs.points.has(theirs.accessPointId)).toBe(true);
        expect(await neighbour.grantWorkspaceAccess()).toEqual(theirs);
      },
    );
  });

  test('that EFS does not remove now is told again', async () => {
    await own.session.grantWorkspaceAccess();
    await own.stack.manager.cleanupSession(own.session.id);
    const records = await own.changes();
    efs.fail('DeleteAccessPoint', 4, { status: 500, code: 'InternalServerError' });
    const { batchItemFailures } = await streamHandler(() => own.stack)({ Records: records });
    expect(batchItemFailures).toHaveLength(1);
    expect(own.points()).toHaveLength(1);
    expect(await streamHandler(() => own.stack)({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(own.points()).toEqual([]);
  });

  test('that is being made while the session ends is not kept', async () => {
    efs.onCreated = async () => own.stack.manager.cleanupSession(own.session.id);
    expect(await codeOf(own.session.grantWorkspaceAccess())).toBe('SESSION_NOT_FOUND');
    expect(own.points()).toEqual([]);
    expect(await own.hear()).toEqual({ batchItemFailures: [] });
  });

  test('that is being made while it is revoked is not kept: the grant that goes on makes another', async () => {
    let revoked: string | undefined;
    efs.onCreated = async ({ AccessPointId }) => {
      if (revoked !== undefined) return;
      revoked = AccessPointId;
      await own.stack.manager.session(own.session.id).revokeWorkspaceAccess();
    };
    const { accessPointId } = await own.session.grantWorkspaceAccess();
    expect(accessPointId).not.toBe(revoked);
    expect(own.points().map(({ AccessPointId }) => AccessPointId)).toEqual([accessPointId]);
    expect(await own.known()).toMatchObject({ accessPointId });
  });

  test('that is made between the look and the last step of a revoke is not kept either', async () => {
    await own.store().begin(own.session.id, `${own.session.id}-begun`);
    const stop = inject(own.stack.client, {
      before: atFirst(1, 'UpdateItemCommand', async () => {
        await other.manager.session(own.session.id).grantWorkspaceAccess();
        expect(own.points()).toHaveLength(1);
      }),
    });
    const other = otherManager(own.stack, efs);
    await own.session.revokeWorkspaceAccess();
    stop();
    other.close();
    expect(own.points()).toEqual([]);
    expect(await own.known()).toBeUndefined();
  });
});

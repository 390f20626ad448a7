import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionManagerError } from '../../../lib/errors.ts';
import type { SessionItem } from '../../../lib/table/session-item.ts';
import { WorkspaceAccess } from '../../../lib/workspaces/access-points/workspace-access.ts';
import { efsAccessPoints } from '../../../lib/workspaces/access-points/efs-access-points.ts';
import { atFirst, inject } from '../../faults/dynamodb-faults.ts';
import { PLACE } from './access-stack.ts';
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

  describe('whose making was cut off before anybody knew its id', () => {
    beforeEach(async () => {
      const stop = inject(own.stack.client, {
        before: atFirst(99, 'UpdateItemCommand', (input) => {
          if (JSON.stringify(input).includes('accessPointId = :id')) throw new Error('crashed');
        }),
      });
      await expect(own.session.grantWorkspaceAccess()).rejects.toThrow('crashed');
      stop();
      expect(own.points()).toHaveLength(1);
      expect(await own.known()).toEqual({ clientToken: own.points()[0]?.ClientToken });
    });

    test('is what the next grant finds', async () => {
      expect(await own.session.grantWorkspaceAccess()).toMatchObject({ accessPointId: own.points()[0]?.AccessPointId });
      expect(own.points()).toHaveLength(1);
    });

    test('is found by a revoke', async () => {
      efs.pageSize = 1;
      for (let other = 0; other < 4; other++) efs.put({});
      await own.session.revokeWorkspaceAccess();
      expect(own.points().filter(({ ClientToken }) => ClientToken)).toEqual([]);
      expect(own.points()).toHaveLength(4);
      expect(await own.known()).toBeUndefined();
    });

    test('ends with the session all the same', async () => {
      efs.pageSize = 1;
      for (let other = 0; other < 4; other++) efs.put({});
      await own.stack.manager.cleanupSession(own.session.id);
      expect(await own.hear()).toEqual({ batchItemFailures: [] });
      expect(own.points().filter(({ ClientToken }) => ClientToken)).toEqual([]);
    });
  });

  test('is found again when the answer to its making was lost', async () => {
    efs.fail('CreateAccessPoint', 1, 'lost');
    const { accessPointId } = await own.session.grantWorkspaceAccess();
    expect(own.points().map(({ AccessPointId }) => AccessPointId)).toEqual([accessPointId]);
    expect(efs.count('CreateAccessPoint')).toBe(2);
  });

  test('that somebody removed by other means is made again', async () => {
    const { accessPointId } = await own.session.grantWorkspaceAccess();
    efs.points.delete(accessPointId);
    const again = await own.session.grantWorkspaceAccess();
    expect(own.points().map(({ AccessPointId }) => AccessPointId)).toEqual([again.accessPointId]);
  });

  test('is revoked also where what is gone cannot be removed once more', async () => {
    efs.refusesToDeleteWhatIsGone = true;
    const { accessPointId } = await own.session.grantWorkspaceAccess();
    efs.points.delete(accessPointId);
    await own.session.revokeWorkspaceAccess();
    expect(await own.known()).toBeUndefined();
    await own.session.grantWorkspaceAccess();
    efs.fail('DeleteAccessPoint', 1, { status: 403, code: 'AccessDeniedException' });
    await expect(own.session.revokeWorkspaceAccess()).rejects.toThrow('AccessDeniedException');
    expect(own.points()).toHaveLength(1);
  });

  test('outlasts throttling, up to a point', async () => {
    efs.fail('CreateAccessPoint', 2, { status: 429, code: 'ThrottlingException' });
    await own.session.grantWorkspaceAccess();
    expect(efs.count('CreateAccessPoint')).toBe(3);
    efs.fail('DescribeAccessPoints', 4, { status: 429, code: 'TooManyRequests' });
    expect(await codeOf(own.session.grantWorkspaceAccess())).toBe('CONTENTION');
  });

  test.each([
    ['AccessPointLimitExceeded', 403, 'WORKSPACE_ACCESS_LIMIT'],
    ['IncorrectFileSystemLifeCycleState', 409, 'CONTENTION'],
    ['InternalServerError', 500, 'CONTENTION'],
  ])('%s becomes %s %s, and a later request goes well', async (code, status, expected) => {
    efs.fail('CreateAccessPoint', 4, { status, code });
    const refused = await own.session.grantWorkspaceAccess().catch((thrown: SessionManagerError) => thrown);
    expect(refused).toMatchObject({ code: expected });
    expect(JSON.stringify([(refused as Error).message, refused])).not.toContain('says EFS');
    efs.mend();
    await own.session.grantWorkspaceAccess();
    expect(own.points()).toHaveLength(1);
  });

  test('at the quota is refused, and possible when another has ended', async () => {
    efs.quota = 1;
    const other = await own.stack.manager.createSession('bob', 'acme');
    await other.grantWorkspaceAccess();
    expect(await codeOf(own.session.grantWorkspaceAccess())).toBe('WORKSPACE_ACCESS_LIMIT');
    await other.revokeWorkspaceAccess();
    await own.session.grantWorkspaceAccess();
    expect(own.points()).toHaveLength(1);
  });

  describe('in a hurry', () => {
    const hurried = (grantMs: number) => {
      const store = own.store();
      const times = { grantMs, lookMs: 50, removeMs: 2_000 };
      return new WorkspaceAccess(store, efsAccessPoints(PLACE, efs.settings), own.stack.log, times);
    };
    const opened = async () => (await own.stack.parts.store.get(own.session.id)) as SessionItem;
    const grant = async (grantMs = 15_000) => hurried(grantMs).grant(await opened(), new Date());

    test('that never becomes available leaves nothing behind', async () => {
      efs.looksUntilAvailable = Infinity;
      expect(await codeOf(grant(600))).toBe('CONTENTION');
      expect(own.points()).toEqual([]);
      expect(await own.known()).toBeUndefined();
    });

    test('that EFS gives up is made again', async () => {
      efs.becomes = 'error';
      expect(await codeOf(grant())).toBe('CONTENTION');
      expect(efs.count('CreateAccessPoint')).toBe(3);
      expect(own.points()).toEqual([]);
      efs.becomes = 'available';
      await grant();
      expect(own.points()).toHaveLength(1);
    });
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { lambdaHandler } from '../../../lib/api/lambda-handler.ts';
import { SCHEDULED_EVENT } from '../../../lib/api/scheduled-event.ts';
import type { Session } from '../../../lib/sessions/session.ts';
import { TestClock, type TestStack } from '../../setup/test-stack.ts';
import { newAccessStack } from './access-stack.ts';
import { EfsServer, FILE_SYSTEM } from './efs-server.ts';

describe('the daily check of access points', () => {
  const clock = new TestClock();
  const live = new AbortController().signal;
  let efs: EfsServer;
  let stack: TestStack;
  let session: Session;
  let granted: string;

  beforeAll(async () => {
    efs = await EfsServer.start();
  });
  afterAll(() => efs?.stop());
  beforeEach(async () => {
    efs.reset();
    stack = await newAccessStack(efs, clock);
    session = await stack.manager.createSession('ada', 'acme');
    granted = (await session.grantWorkspaceAccess()).accessPointId;
  });
  afterEach(() => stack.close());

  const tag = (Key: string, Value: string) => ({ Key: `session-manager:${Key}`, Value });
  /** As a grant makes it, at the time the clock shows; whose session the table does not know by it. */
  const leftOver = (sessionId: string, fileSystem = FILE_SYSTEM, root = '/workspaces') =>
    efs.put({
      ClientToken: `${sessionId}-0`,
      RootDirectory: { Path: `${root}/ada/${sessionId}` },
      Tags: [tag('session', sessionId), tag('file-system', fileSystem), tag('made-at', clock.now().toISOString())],
    });

  test('removes those that no session knows any more, on all pages, and no others', async () => {
    efs.pageSize = 2;
    const ofEnded = Array.from({ length: 5 }, () => leftOver(uuidv7()));
    const ofOlderGrant = leftOver(session.id);
    const functionsOwn = efs.put({ RootDirectory: { Path: '/workspaces' } });
    const ofOtherStack = leftOver(uuidv7(), 'fs-00000000');
    const elsewhere = leftOver(uuidv7(), FILE_SYSTEM, '/other');
    clock.advance({ seconds: 3_600 });
    const fresh = leftOver(uuidv7());
    clock.advance({ seconds: 600 });
    const { removed, failed, more } = await stack.accessCheck.run(live);
    expect({ removed: removed.sort(), failed, more }).toEqual({
      removed: [...ofEnded, ofOlderGrant].sort(),
      failed: [],
      more: false,
    });
    expect([...efs.points.keys()].sort()).toEqual([granted, functionsOwn, ofOtherStack, elsewhere, fresh].sort());
    expect(stack.audited.at(-1)).toMatchObject({ operation: 'checkWorkspaceAccess', cleaned: 6, notCleaned: 0 });
    clock.advance({ seconds: 3_600 });
    expect((await stack.accessCheck.run(live)).removed).toEqual([fresh]);
    expect(await session.grantWorkspaceAccess()).toMatchObject({ accessPointId: granted });
  });

  test('removes that of a session whose end nobody heard of', async () => {
    await stack.manager.cleanupSession(session.id);
    clock.advance({ seconds: 3_600 });
    expect(await stack.accessCheck.run(live)).toEqual({ removed: [granted], failed: [], more: false });
    expect(efs.points.size).toBe(0);
  });

  test('goes on with the others when one cannot be removed', async () => {
    leftOver(uuidv7());
    leftOver(uuidv7());
    clock.advance({ seconds: 3_600 });
    efs.fail('DeleteAccessPoint', 1, { status: 403, code: 'AccessDeniedException' });
    const { removed, failed } = await stack.accessCheck.run(live);
    expect([removed.length, failed.length]).toEqual([1, 1]);
    expect((await stack.accessCheck.run(live)).removed).toEqual(failed);
  });

  test('stops when its time is up, and says so', async () => {
    leftOver(uuidv7());
    clock.advance({ seconds: 3_600 });
    expect(await stack.accessCheck.run(AbortSignal.abort())).toEqual({ removed: [], failed: [], more: true });
    expect(efs.points.size).toBe(2);
  });

  test('is what the schedule calls; a run that fails throws', async () => {
    const left = leftOver(uuidv7());
    clock.advance({ seconds: 3_600 });
    const handler = lambdaHandler('access', () => stack);
    const context = { awsRequestId: 'run-1', getRemainingTimeInMillis: () => 300_000 } as Parameters<typeof handler>[1];
    expect(await handler(SCHEDULED_EVENT, context)).toEqual({ removed: [left], failed: [], more: false });
    expect(stack.audited.at(-1)).toMatchObject({ actor: { kind: 'schedule' }, requestId: 'run-1' });
    efs.fail('DescribeAccessPoints', 1, { status: 403, code: 'AccessDeniedException' });
    await expect(handler(SCHEDULED_EVENT, context)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
